"""DenseNet and ResNet for ImageNet are torchvision's, layer for layer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from archdsl.analysis.parameters import parameters
from archdsl.frontend.load import load
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Conv, Linear, Norm
from archdsl.lowering import lower

SPECS = Path(__file__).parent.parent / "specs"

NETWORKS: dict[str, tuple[str, dict[str, Any]]] = {
    "densenet121": ("densenet-imagenet", {}),
    "densenet169": ("densenet-imagenet", {"layers": [6, 12, 32, 32]}),
    "densenet201": ("densenet-imagenet", {"layers": [6, 12, 48, 32]}),
    "densenet161": ("densenet-imagenet", {"layers": [6, 12, 36, 24], "growth": 48}),
    "resnet18": ("resnet-imagenet", {"block": "double", "layers": [2, 2, 2, 2]}),
    "resnet34": ("resnet-imagenet", {"block": "double"}),
    "resnet50": ("resnet-imagenet", {}),
    "resnet101": ("resnet-imagenet", {"layers": [3, 4, 23, 3]}),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_same_layers_and_parameters(name: str, torchvision: ModuleType) -> None:
    peer = build(torchvision, name)
    file, settings = NETWORKS[name]
    graph = lower(load(SPECS / f"{file}.yaml", settings)).graph
    assert sum(parameters(graph).values()) == sum(p.numel() for p in peer.parameters())
    assert our_layers(graph) == their_layers(peer)


def build(torchvision: ModuleType, name: str) -> Any:
    """One of torchvision's networks, without memory for its weights."""
    import torch

    with torch.device("meta"):
        return getattr(torchvision.models, name)(weights=None)


def our_layers(graph: Graph) -> Counter[tuple[Any, ...]]:
    """How often each layer with weights occurs."""
    found: Counter[tuple[Any, ...]] = Counter()
    for _, chain in graph.chains():
        for layer in chain.layers:
            match layer:
                case Conv(_, inputs, width, kernel, stride, padding, groups, bias):
                    found["conv", inputs, width, kernel, stride, padding, groups, bias] += 1
                case Norm(_, features):
                    found["norm", features] += 1
                case Linear(_, inputs, width, bias):
                    found["linear", inputs, width, bias] += 1
    return found


def their_layers(model: Any) -> Counter[tuple[Any, ...]]:
    """The same of a torch module."""
    from torch import nn

    found: Counter[tuple[Any, ...]] = Counter()
    for layer in model.modules():
        match layer:
            case nn.Conv2d(in_channels=i, out_channels=o, groups=g):
                window = (layer.kernel_size[0], layer.stride[0], layer.padding[0])
                found["conv", i, o, *window, g, layer.bias is not None] += 1
            case nn.BatchNorm2d(num_features=features):
                found["norm", features] += 1
            case nn.Linear(in_features=i, out_features=o):
                found["linear", i, o, layer.bias is not None] += 1
    return found
