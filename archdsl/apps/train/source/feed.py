"""Batches as the network reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from archdsl.apps.train.source.batches import shuffled
from archdsl.apps.train.source.checked import checked, held_out
from archdsl.apps.train.source.error import RunError
from archdsl.apps.train.source.filled import (
    CLASSES,
    DRAWS,
    INPUT,
    MEAN,
    STD,
    ImageSet,
    augment,
    read_data,
)


class Feed:
    """The images that one of several processes trains and evaluates with.

    Args:
        path: the data set.
        settings: numbers of the recipe: batch, accumulate, hold_out, seed, workers, channels_last.
        device: where the network is.
        rank: the number of this process.
        size: the number of processes.
    """

    def __init__(
        self, path: Path, settings: Any, device: torch.device, rank: int = 0, size: int = 1
    ) -> None:
        self.settings, self.device, self.rank, self.size = settings, device, rank, size
        train, test = (checked(split, INPUT, CLASSES) for split in read_data(path, device))
        self.train, self.validation = held_out(train, test, settings.hold_out)
        self.test = test
        self.steps: int = len(self.train) // settings.batch
        if not self.steps or settings.batch % (size * settings.accumulate):
            raise RunError(
                f"--batch {settings.batch} does not suit {len(self.train)} images, {size} "
                f"processes and {settings.accumulate} parts of a batch in each"
            )
        mean, std = (MEAN, STD) if MEAN and STD else self.train.statistics()
        self.mean = torch.tensor(mean, device=device).view(-1, 1, 1)
        self.std = torch.tensor(std, device=device).view(-1, 1, 1)
        self.layout = torch.channels_last if settings.channels_last else torch.contiguous_format

    def normalised(self, images: Tensor) -> Tensor:
        """Return images normalised, on the device.

        Args:
            images: uint8, (n, C, H, W).
        """
        return images.to(self.device).sub(self.mean).div(self.std)

    def ready(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return images in the layout of the network, and labels on the device.

        Args:
            images: normalised.
            labels: (n,).
        """
        return images.contiguous(memory_format=self.layout), labels.to(self.device)

    def batches(self, epoch: int, done: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield images and labels of the batches of an epoch that are left.

        Args:
            epoch: from 0.
            done: its steps that are done.
        """
        seed = (self.settings.seed << 20) + epoch
        order = shuffled(len(self.train), self.settings.batch, DRAWS, seed, done)
        own = slice(self.rank, None, self.size)
        mine = ((indices[own], draws[:, own]) for indices, draws in order)
        for images, labels, draws in self.train.load(mine, self.settings.workers):
            changed = augment(self.normalised(images), draws.to(self.device))
            yield self.ready(changed, labels)

    def evaluation(self, split: ImageSet) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield images and labels of the part of a split that this process evaluates.

        Args:
            split: images and labels.
        """
        mine = torch.split(torch.arange(self.rank, len(split), self.size), self.settings.batch)
        order = ((indices, torch.empty(DRAWS, 0)) for indices in mine)
        for images, labels, _ in split.load(order, self.settings.workers):
            yield self.ready(self.normalised(images), labels)
