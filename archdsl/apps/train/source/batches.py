"""Which images a step reads. It depends on the seed, the epoch and the step alone."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor


def shuffled(
    count: int, batch: int, draws: int, seed: int, done: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield indices (batch,) and random numbers (draws, batch) in [0, 1) for each step.

    The last `count % batch` images of the shuffled order are left out.

    Args:
        count: number of images.
        batch: images per step.
        draws: random numbers per image.
        seed: of the epoch.
        done: steps that were done before, and are left out.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.split(torch.randperm(count, generator=generator), batch)
    for step in range(count // batch):
        numbers = torch.rand(draws, batch, generator=generator)
        if step >= done:
            yield order[step], numbers
