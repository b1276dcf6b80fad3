"""Upsampling, pixel by pixel along one dimension after another."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor

import torch
from torch import Tensor

from archdsl.ir.layers.upsample import Upsample


def upsample(layer: Upsample, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return the larger map, (N, c, *(by * sizes)).

    Args:
        layer: the factor `by`, and whether pixels are repeated or interpolated linearly.
        x: shape (N, c, *sizes).
        own: not used; the layer has no weights.
        training: not used.
    """
    for axis in range(2, x.dim()):
        pixels = x.unbind(axis)
        places = range(layer.by * len(pixels))
        if layer.kind == "nearest":
            x = torch.stack([pixels[place // layer.by] for place in places], dim=axis)
        else:
            x = torch.stack([_between(pixels, place, layer.by) for place in places], dim=axis)
    return x


def _between(pixels: tuple[Tensor, ...], place: int, by: int) -> Tensor:
    """Return the value at the centre of a pixel of the result; the outer one at borders."""
    centre = max(0.0, (place + 0.5) / by - 0.5)
    before = floor(centre)
    after = min(before + 1, len(pixels) - 1)
    return pixels[before] + (centre - before) * (pixels[after] - pixels[before])
