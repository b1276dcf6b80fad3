"""Convolution."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from archdsl.ir.layers import Conv


def conv(layer: Conv, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """The convolution of `x`, (N, inputs, h, w) to (N, width, h', w')."""
    return functional.conv2d(
        x, own["weight"], own.get("bias"), layer.stride, layer.padding, groups=layer.groups
    )
