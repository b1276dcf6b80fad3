"""Images that are moved."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from archdsl.apps.train.source.augment.indices import indices_of


def shift(images: Tensor, draws: Tensor, pixels: int) -> Tensor:
    """Return the images moved by up to some pixels, with zeros where pixels come in.

    Args:
        images: (n, C, H, W).
        draws: random numbers in [0, 1), (2, n), for rows and columns.
        pixels: the most pixels in each direction.
    """
    (count, channels, height, width), device = images.shape, images.device
    padded = functional.pad(images, [pixels] * 4)
    top, left = indices_of(draws, 2 * pixels + 1, device).view(2, count, 1, 1, 1)
    image = torch.arange(count, device=device).view(-1, 1, 1, 1)
    channel = torch.arange(channels, device=device).view(-1, 1, 1)
    rows = top + torch.arange(height, device=device).view(-1, 1)
    return padded[image, channel, rows, left + torch.arange(width, device=device)]
