"""A convolution as a product of matrices; pasted into emitted files."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.fuse.convolution import FusedConv
from archdsl.backends.pytorch.runtime.fuse.memory import FusedMemory
from archdsl.backends.pytorch.runtime.fuse.onednn import fused_multiplied, fused_onednn


class FusedProduct:
    """A convolution that starts sooner than oneDNN's.

    Each row holds the input of one output pixel: the channels of its window, side by side. BLAS
    multiplies small matrices, for it starts soonest, and oneDNN large ones.

    Args:
        conv: the convolution.
        shape: of the input, (N, C, H, W).
        memory: has room for the padded input and the rows, where windows overlap.
    """

    WORK = 1 << 23  # most multiply-adds of a small product
    ROWS = 64  # most pixels if windows have to be copied

    def __init__(self, conv: FusedConv, shape: tuple[int, ...], memory: FusedMemory) -> None:
        self.pointwise = conv.pointwise
        n, _, h, w = shape
        if not self.pointwise:
            h, w = self.unfold(conv, shape, memory)
        if self.small(conv, shape) or not fused_onednn():
            self.multiply = partial(torch.addmm, conv.bias, mat2=conv.matrix())
        else:
            packed = conv.pack_matrix(n * h * w)
            self.multiply = partial(fused_multiplied, packed=packed, bias=conv.bias)
        width, columns = len(conv.weight), conv.weight[0].numel()
        self.rows = (n * h * w, columns), (columns, 1)
        self.maps = (n, width, h, w), (h * w * width, 1, w * width, width)

    @classmethod
    def pays(cls, conv: FusedConv, shape: tuple[int, ...]) -> bool:
        """Return whether to take a product: for a 1x1 convolution, and few windows to copy.

        Args:
            conv: the convolution.
            shape: of the input, (N, C, H, W).
        """
        n, _, h, w = shape
        usual = conv.window[2:] == [[1, 1], 1]
        return conv.pointwise or (usual and n * h * w <= cls.ROWS and cls.small(conv, shape))

    @classmethod
    def small(cls, conv: FusedConv, shape: tuple[int, ...]) -> bool:
        """Return whether an input of this shape makes a small product.

        Args:
            conv: the convolution.
            shape: of the input, (N, C, H, W).
        """
        n, _, h, w = shape
        return n * h * w * conv.weight.numel() <= cls.WORK

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
        columns = memory.maps("columns", (n, conv.weight[0].numel(), h, w)).permute(0, 2, 3, 1)
        self.columns, self.copies = columns.flatten(0, 2), columns.view(self.windows.shape)
        return h, w

    def __call__(self, x: Tensor) -> Tensor:
        """Convolve a map in channels-last order into a new one."""
        rows: Any
        if self.pointwise:
            rows = x.as_strided(*self.rows)
        else:
            self.inner.copy_(x)
            self.copies.copy_(self.windows)
            rows = self.columns
        return self.multiply(rows).as_strided(*self.maps)
