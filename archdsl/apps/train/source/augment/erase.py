"""Images with a square that is erased."""

from __future__ import annotations

import torch
from torch import Tensor

from archdsl.apps.train.source.augment.indices import indices_of


def erase(images: Tensor, draws: Tensor, pixels: int) -> Tensor:
    """Return the images with zeros in a square. Its part outside of the image is cut off.

    Args:
        images: (n, C, H, W).
        draws: random numbers in [0, 1), (2, n), for row and column of the center.
        pixels: height and width of the square.
    """
    inside = []
    for numbers, size in zip(draws, images.shape[2:], strict=True):
        start = indices_of(numbers, size, images.device).view(-1, 1) - pixels // 2
        here = torch.arange(size, device=images.device)
        inside.append(here.ge(start) & here.lt(start + pixels))
    square = inside[0][:, None, :, None] & inside[1][:, None, None, :]
    return images.masked_fill(square, 0.0)
