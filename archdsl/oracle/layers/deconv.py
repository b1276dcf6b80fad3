"""Transposed convolution, as a convolution of the input with zeros between its pixels."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from archdsl.ir.layers.deconv import Deconv


def deconv(layer: Deconv, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return the transposed convolution of `x`, (N, width, *sizes').

    Args:
        layer: stride, padding, output padding, dilation and groups.
        x: shape (N, inputs, *sizes), with one to three spatial dimensions.
        own: `weight` of shape (inputs, width / groups, *kernel), and `bias` of shape (width,) if it
            has one.
        training: not used.
    """
    dims = x.dim() - 2
    paddings, mores = (
        number if isinstance(number, tuple) else (number,) * dims
        for number in (layer.padding, layer.output_padding)
    )
    ends: list[int] = []
    for axis in range(dims):
        x = _spread(x, 2 + axis, layer.stride)
        outer = layer.spans()[axis] - 1 - paddings[axis]
        ends = [outer, outer + mores[axis], *ends]
    function = (functional.conv1d, functional.conv2d, functional.conv3d)[dims - 1]
    weight = _turned(own["weight"], layer.groups)
    padded = functional.pad(x, ends)  # negative numbers cut off
    return function(padded, weight, own.get("bias"), dilation=layer.dilation, groups=layer.groups)


def _spread(x: Tensor, axis: int, stride: int) -> Tensor:
    """Put `stride` - 1 zeros between neighbours along an axis."""
    pixels = x.unbind(axis)
    zeros = [torch.zeros_like(pixels[0])] * (stride - 1)
    spread = [pixels[0]]
    for pixel in pixels[1:]:
        spread += [*zeros, pixel]
    return torch.stack(spread, dim=axis)


def _turned(weight: Tensor, groups: int) -> Tensor:
    """Return the weight of the convolution: mirrored, with the outputs first."""
    parts = weight.flip(*range(2, weight.dim())).chunk(groups)
    return torch.cat([part.transpose(0, 1) for part in parts])
