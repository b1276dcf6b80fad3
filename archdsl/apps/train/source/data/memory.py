"""Images that fit into memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

Split: TypeAlias = tuple[Tensor, Tensor]  # images, uint8 (N, C, H, W), and labels, int64 (N,)


class InMemory:
    """Images that stay on the device as bytes.

    Args:
        images: uint8, (N, C, H, W).
        labels: int64, (N,).
        device: where they stay.
    """

    def __init__(self, images: Tensor, labels: Tensor, device: torch.device) -> None:
        self.images, self.labels = images.to(device), labels.to(device)
        self.shape, self.classes = tuple(images.shape[1:]), int(labels.max()) + 1

    def __len__(self) -> int:
        return len(self.images)

    def statistics(self) -> tuple[list[float], list[float]]:
        """Return mean and standard deviation of each channel, of values from 0 to 255."""
        first = second = torch.zeros(self.shape[0], device=self.images.device, dtype=torch.float64)
        # In parts, since eight times the bytes of all images may not fit.
        for images in torch.split(self.images, 1000):
            values = images.double()
            first, second = first + values.sum((0, 2, 3)), second + values.square().sum((0, 2, 3))
        count = len(self) * self.shape[1] * self.shape[2]
        mean = first / count
        std = (second / count - mean.square()).sqrt()
        # A channel with one value everywhere has nothing to scale.
        return mean.tolist(), torch.where(std > 0, std, 1.0).tolist()

    def part(self, indices: Tensor) -> InMemory:
        """Return the images at these indices (n,)."""
        here = indices.to(self.images.device)
        return InMemory(self.images[here], self.labels[here], self.images.device)

    def load(
        self, order: Iterable[tuple[Tensor, Tensor]], workers: int
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield images, labels and random numbers of each batch.

        Args:
            order: indices (n,) and random numbers (draws, n) of each batch.
            workers: not used, since nothing has to be read.
        """
        for indices, draws in order:
            here = indices.to(self.images.device)
            yield self.images[here], self.labels[here], draws


def in_memory(splits: tuple[Split, Split], device: torch.device) -> tuple[InMemory, InMemory]:
    """Return images to train with and images to test with, on the device.

    Args:
        splits: both, as they were read.
        device: where they stay.
    """
    train, test = splits
    return InMemory(*train, device), InMemory(*test, device)
