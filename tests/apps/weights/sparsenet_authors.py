"""A network with the module names of the SparseNet authors' `denselink.py`, written for the tests.

It has their names, their order of concatenation (nearest output first) and their classifier, in the
fewest lines. Their own file is used instead where a test finds it.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn


def fetched(outputs: list[Tensor]) -> list[Tensor]:
    """The outputs 1, 2, 4, ... back, nearest first."""
    return [outputs[-(2**i)] for i in range(len(outputs).bit_length())]


def unit(channels: int, growth: int) -> nn.Sequential:
    """A bottleneck of growth channels."""
    return nn.Sequential(
        OrderedDict(
            bn1=nn.BatchNorm2d(channels),
            relu1=nn.ReLU(),
            conv1=nn.Conv2d(channels, 4 * growth, 1, bias=False),
            bn2=nn.BatchNorm2d(4 * growth),
            relu2=nn.ReLU(),
            conv2=nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False),
        )
    )


class Stage(nn.Module):
    """Units `block-1`, `block-2`, ..."""

    def __init__(self, channels: int, growth: int, layers: int) -> None:
        super().__init__()
        self.layers = layers
        widths = [channels]
        for index in range(layers + 1):
            self.channels = sum(widths[-(2**i)] for i in range(len(widths).bit_length()))
            if index < layers:
                self.add_module(f"block-{index + 1}", unit(self.channels, growth))
            widths.append(growth)

    def forward(self, x: Tensor) -> Tensor:
        outputs = [x]
        for index in range(self.layers):
            outputs.append(self.get_submodule(f"block-{index + 1}")(x))
            x = torch.cat(fetched(outputs), 1)
        return x


class SparseNet(nn.Module):
    """SparseNet-BC[concat] for CIFAR with the authors' names."""

    def __init__(self, growth: int, layers: int, classes: int) -> None:
        super().__init__()
        channels = growth
        self.features = nn.Sequential(
            OrderedDict(conv0=nn.Conv2d(3, channels, 3, padding=1, bias=False))
        )
        for index in range(3):
            stage = Stage(channels, growth, layers)
            channels = stage.channels
            self.features.add_module(f"dense-stage-{index}", stage)
            if index < 2:
                self.features.add_module(f"transition-{index}", transition(channels))
                channels //= 2
        self.features.add_module("norm_last", nn.BatchNorm2d(channels))
        self.features.add_module("relu_last", nn.ReLU())
        linear = nn.Linear(channels, classes)
        self.classifier = nn.Sequential(
            OrderedDict(avgpool=nn.AvgPool2d(8), flattern=nn.Flatten(), linear=linear)
        )

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.features(x))
        return scores


def transition(channels: int) -> nn.Sequential:
    """A convolution to half of the channels, and a pooling."""
    return nn.Sequential(
        OrderedDict(
            bn1=nn.BatchNorm2d(channels),
            relu1=nn.ReLU(),
            conv1=nn.Conv2d(channels, channels // 2, 1, bias=False),
            avgpool=nn.AvgPool2d(2),
        )
    )
