"""What a recipe and a spec fill in. An emitted file has its own text in place of this one.

Here it is a linear network on random images, for type checks and tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from archdsl.apps.train.source.data.memory import InMemory
from archdsl.apps.train.source.settings import Settings

INPUT: tuple[int, ...] = (1, 7, 7)
CLASSES: int = 2
DRAWS: int = 0
MEAN: list[float] = []
STD: list[float] = []
ORIGIN: dict[str, str] = {}
ImageSet: TypeAlias = InMemory


def make_network() -> nn.Module:
    """Return the network with new weights."""
    return nn.Sequential(nn.Flatten(), nn.Linear(49, 2))


def make_optimizer(network: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    """Return the optimizer of the network's weights.

    Args:
        network: whose weights they are.
        settings: rate and weight decay.
    """
    return torch.optim.SGD(network.parameters(), settings.rate)


def rate_at(progress: float) -> float:
    """Return what the learning rate is multiplied by, for the share of steps that are done."""
    return 1.0 - progress


def augment(images: Tensor, draws: Tensor) -> Tensor:
    """Return changed images, each by its random numbers.

    Args:
        images: (n, C, H, W).
        draws: (DRAWS, n), in [0, 1).
    """
    return images


def read_data(path: Path, device: torch.device) -> tuple[ImageSet, ImageSet]:
    """Return the images to train with and those to test with.

    Args:
        path: the data set.
        device: where images in memory stay.
    """
    images = torch.randint(0, 256, (64, *INPUT), dtype=torch.uint8)
    labels = images.flatten(1).float().mean(1).ge(127).long()
    return ImageSet(images, labels, device), ImageSet(images, labels, device)


def make_trackers(run: Path) -> list[Any]:
    """Return where metrics go beside the file."""
    return []
