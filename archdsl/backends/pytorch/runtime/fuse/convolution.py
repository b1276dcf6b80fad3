"""A convolution on a CPU with the norms around it folded in; pasted into emitted files."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from archdsl.backends.pytorch.runtime.fuse.check import FusedError
from archdsl.backends.pytorch.runtime.fuse.folding import fused_affine
from archdsl.backends.pytorch.runtime.fuse.onednn import (
    FusedLayouts,
    fused_convolve,
    fused_convolve_onto,
    fused_onednn,
    fused_packed,
    fused_packed_matrix,
)


class FusedConv:
    """A convolution of scale * x + shift, with the norm `after` it, folded in float64.

    Args:
        conv: the convolution.
        before: scale and shift, (C_in,) each, or None. Only for a 1x1 convolution without padding.
        after: a norm, or None.
    """

    def __init__(self, conv: Any, before: Any, after: Any) -> None:
        weight = conv.weight.detach().double()
        bias = torch.zeros(len(weight), dtype=torch.float64)
        if conv.bias is not None:
            bias = bias + conv.bias.detach().double()
        if before is not None:
            scale, shift = before
            bias = bias + weight[:, :, 0, 0] @ shift
            weight = weight * scale.view(1, -1, 1, 1)
        if after is not None:
            scale, shift = fused_affine(after)
            if len(scale) != len(weight):
                raise FusedError(
                    f"a norm is for {len(scale)} channels, its input has {len(weight)}"
                )
            weight, bias = weight * scale.view(-1, 1, 1, 1), bias * scale + shift
        self.bias = bias.float()
        # Products read a matrix (kernel * kernel * C_in, C_out): this order saves them a copy.
        self.weight: Tensor = weight.float().permute(2, 3, 1, 0).contiguous().permute(3, 2, 0, 1)
        self.window = [list(conv.padding), list(conv.stride), list(conv.dilation), conv.groups]
        kernel = tuple(conv.weight.shape[2:])
        self.pointwise = (kernel, *self.window) == ((1, 1), [0, 0], [1, 1], [1, 1], 1)
        self.layouts = FusedLayouts()

    def step(self, shape: tuple[int, ...]) -> Any:
        """Return the function of an input of this shape."""
        if not fused_onednn():
            padding, stride, dilation, groups = self.window
            return partial(
                functional.conv2d, weight=self.ordered(), bias=self.bias, padding=padding,
                stride=stride, dilation=dilation, groups=groups,
            )  # fmt: skip
        packed = self.pack(shape)
        return partial(fused_convolve, packed=packed, bias=self.bias, window=self.window)

    def step_onto(self, shape: tuple[int, ...]) -> Any:
        """Return the function that adds its result to a tensor; by oneDNN alone."""
        packed = self.pack(shape)
        return partial(fused_convolve_onto, packed=packed, bias=self.bias, window=self.window)

    def pack(self, shape: tuple[int, ...]) -> Tensor:
        """Return the weights laid out for an input of this shape."""
        return self.layouts.get(shape, lambda: fused_packed(self.ordered(), self.window, shape))

    def pack_matrix(self, rows: int) -> Tensor:
        """Return the weights laid out as a matrix, for a product with this many rows."""
        return self.layouts.get(rows, lambda: fused_packed_matrix(self.matrix().t(), rows))

    def ordered(self) -> Tensor:
        """Return the weights in channels-last order, as oneDNN takes them."""
        return self.weight.contiguous(memory_format=torch.channels_last)

    def matrix(self) -> Tensor:
        """Return the weights as a matrix of shape (kernel * kernel * C_in, C_out)."""
        return self.weight.permute(2, 3, 1, 0).flatten(0, 2)

    def output(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the output for an input of this shape."""
        kernel = self.weight.shape[2:]
        padding, stride, dilation, _ = self.window
        sides = (
            (side + 2 * p - d * (k - 1) - 1) // s + 1
            for side, p, d, k, s in zip(shape[2:], padding, dilation, kernel, stride, strict=True)
        )
        return (shape[0], len(self.weight), *sides)
