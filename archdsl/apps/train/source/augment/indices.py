"""Random numbers as indices."""

from __future__ import annotations

import torch
from torch import Tensor


def indices_of(draws: Tensor, count: int, device: torch.device) -> Tensor:
    """Return whole numbers from 0 to `count` - 1, all equally likely.

    Args:
        draws: random numbers in [0, 1).
        count: how many there are.
        device: where they are needed.
    """
    # The product of `count` and the last number before 1 can round to `count`.
    return draws.to(device).mul(count).long().clamp(max=count - 1)
