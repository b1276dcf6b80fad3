"""Convolution."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from archdsl.ir.layers import Conv


def conv(layer: Conv, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """The convolution of `x`, (N, inputs, *sizes) to (N, width, *sizes')."""
    function = (functional.conv1d, functional.conv2d, functional.conv3d)[x.dim() - 3]
    return function(
        x, own["weight"], own.get("bias"), layer.stride, layer.padding, layer.dilation, layer.groups
    )
