"""A convolution of a small map as a product of matrices; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.fuse.convolution import FusedConv
from archdsl.backends.pytorch.runtime.fuse.memory import FusedMemory


class FusedProduct:
    """A convolution that starts sooner than oneDNN's, and is not faster after that.

    Each row holds the input of one output pixel: the channels of its window, side by side.

    Args:
        conv: the convolution.
        shape: of the input, (N, C, H, W).
        memory: has room for the padded input and the rows, where windows overlap.
    """

    # torch writes the bias to the output before the product adds to it, which costs little while
    # the output lies in a core's cache.
    OUTPUT = 1 << 19  # most numbers of the output of a 1x1 convolution
    ROWS, WORK = 64, 1 << 23  # most pixels and multiply-adds if windows have to be copied

    def __init__(self, conv: FusedConv, shape: tuple[int, ...], memory: FusedMemory) -> None:
        self.bias, self.weight = conv.bias, conv.matrix()
        self.pointwise = conv.pointwise
        n, _, h, w = shape
        if not self.pointwise:
            h, w = self.unfold(conv, shape, memory)
        self.rows = (n * h * w, len(self.weight))
        width = len(self.bias)
        self.maps = (n, width, h, w), (h * w * width, 1, w * width, width)

    @classmethod
    def pays(cls, conv: FusedConv, shape: tuple[int, ...]) -> bool:
        """Return whether an input of this shape is small enough.

        Args:
            conv: the convolution.
            shape: of the input, (N, C, H, W).
        """
        n, _, h, w = shape
        rows = n * h * w
        if conv.pointwise:
            return rows * len(conv.weight) <= cls.OUTPUT
        usual = conv.window[2:] == [[1, 1], 1]
        return usual and rows <= cls.ROWS and rows * conv.weight.numel() <= cls.WORK

    def unfold(
        self, conv: FusedConv, shape: tuple[int, ...], memory: FusedMemory
    ) -> tuple[int, int]:
        """Prepare where windows are copied from and to; return the output's height and width.

        Args:
            conv: the convolution, without dilation or groups.
            shape: of the input, (N, C, H, W).
            memory: gets a block for the padded input, and one for the rows.

        Returns:
            Height and width of the output, in pixels.
        """
        n, c, h, w = shape
        (top, left), (down, right), *_ = conv.window
        high, wide = conv.weight.shape[2:]
        # The border is written by nothing, so it stays zero: this block is for this shape alone.
        name = f"padded {shape} {top} {left}"
        padded = memory.maps(name, (n, c, h + 2 * top, w + 2 * left))
        self.inner = padded[:, :, top : top + h, left : left + w]
        pixels = padded.permute(0, 2, 3, 1)
        self.windows = pixels.unfold(1, high, down).unfold(2, wide, right).movedim(3, -1)
        h, w = self.windows.shape[1:3]
        columns = memory.maps("columns", (n, len(self.weight), h, w)).permute(0, 2, 3, 1)
        self.columns, self.copies = columns.flatten(0, 2), columns.view(self.windows.shape)
        return h, w

    def __call__(self, x: Tensor) -> Tensor:
        """Convolve a map in channels-last order into a new one."""
        rows: Any
        if self.pointwise:
            rows = x.as_strided(self.rows, (self.rows[1], 1))
        else:
            self.inner.copy_(x)
            self.copies.copy_(self.windows)
            rows = self.columns
        return torch.addmm(self.bias, rows, self.weight).as_strided(*self.maps)
