"""Images that are flipped."""

from __future__ import annotations

import torch
from torch import Tensor


def mirror(images: Tensor, draws: Tensor) -> Tensor:
    """Return the images, of which those with a number below 1/2 are flipped from left to right.

    Args:
        images: (n, C, H, W).
        draws: random numbers in [0, 1), (1, n).
    """
    flipped = draws[0].to(images.device).lt(0.5).view(-1, 1, 1, 1)
    return torch.where(flipped, images.flip(3), images)
