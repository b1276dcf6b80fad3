"""A convolution of a small map as a product of matrices; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from archdsl.runtime.fuse.convolution import FusedConv


class FusedProduct:
    """A convolution that begins sooner than oneDNN's, and is no faster after that.

    A row of numbers for every place of the result: the channels of its window, side by side.
    """

    ROWS, WORK = 1024, 1 << 24  # most places of a map, and most products, of a 1x1 convolution
    WINDOW_ROWS, WINDOW_WORK = 256, 1 << 23  # and of one whose windows have to be copied

    def __init__(self, conv: FusedConv, relu: bool, shape: tuple[int, ...], scratch: Any) -> None:
        """Of input of this shape; `scratch` gives maps for a use, zero where nothing writes."""
        self.bias, self.weight = conv.bias, conv.matrix()
        self.relu, self.pointwise = relu, conv.pointwise
        n, _, h, w = shape
        if not self.pointwise:
            h, w = self.unfold(conv, shape, scratch)
        self.rows = (n * h * w, len(self.weight))
        made = len(self.bias)
        self.maps = (n, made, h, w), (h * w * made, 1, w * made, made)

    @classmethod
    def pays(cls, conv: FusedConv, shape: tuple[int, ...]) -> bool:
        """Whether an input of this shape is so small that it is worth it."""
        n, _, h, w = shape
        rows = n * h * w
        work = rows * conv.weight.numel()
        if conv.pointwise:
            return rows <= cls.ROWS and work <= cls.WORK
        usual = conv.window[2:] == [[1, 1], 1]
        return usual and rows <= cls.WINDOW_ROWS and work <= cls.WINDOW_WORK

    def unfold(self, conv: FusedConv, shape: tuple[int, ...], scratch: Any) -> tuple[int, int]:
        """Where windows are copied from and to; the size of what is made."""
        n, c, h, w = shape
        (top, left), (down, right), *_ = conv.window
        high, wide = conv.weight.shape[2:]
        padded = scratch(f"padded {shape} {top} {left}", (n, c, h + 2 * top, w + 2 * left))
        self.inner = padded[:, :, top : top + h, left : left + w]
        places = padded.permute(0, 2, 3, 1)
        self.windows = places.unfold(1, high, down).unfold(2, wide, right).movedim(3, -1)
        h, w = self.windows.shape[1:3]
        columns = scratch("columns", (n, len(self.weight), h, w)).permute(0, 2, 3, 1)
        self.columns, self.copies = columns.flatten(0, 2), columns.view(self.windows.shape)
        return h, w

    def __call__(self, x: Tensor) -> Tensor:
        """Of maps in channels-last order, as what is made."""
        if self.pointwise:
            rows = x.as_strided(self.rows, (self.rows[1], 1))
        else:
            self.inner.copy_(x)
            self.copies.copy_(self.windows)
            rows = self.columns
        made = torch.addmm(self.bias, rows, self.weight)
        if self.relu:
            made.relu_()
        return made.as_strided(*self.maps)
