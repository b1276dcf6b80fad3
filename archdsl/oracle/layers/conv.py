"""Convolution."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from archdsl.ir.layers import Conv


def conv(layer: Conv, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return the convolution of `x`, (N, width, *sizes').

    Args:
        layer: stride, padding, dilation and groups.
        x: shape (N, inputs, *sizes), with one to three spatial dimensions.
        own: `weight` of shape (width, inputs / groups, *kernel), and `bias` of shape (width,) if it
            has one.
        training: not used.
    """
    function = (functional.conv1d, functional.conv2d, functional.conv3d)[x.dim() - 3]
    return function(
        x, own["weight"], own.get("bias"), layer.stride, layer.padding, layer.dilation, layer.groups
    )
