"""The kernels' calls, and the same in plain torch; pasted into emitted files."""

from __future__ import annotations

from math import gcd

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.fuse.kernels import fused_kernels


class FusedTable:
    """Where the channels of several maps lie, in pieces of at most `block`; see `kernels.py`.

    The parts are dense maps in channels-last order, at fixed distances within one block of memory.
    """

    def __init__(self, parts: list[Tensor], most: int) -> None:
        widths = [part.shape[1] for part in parts]
        self.channels = sum(widths)
        self.block = min(most, max(16, 1 << (min(widths) - 1).bit_length()))
        self.pieces: list[list[int]] = []
        first = 0
        for part, width in zip(parts, widths, strict=True):
            far = (part.data_ptr() - parts[0].data_ptr()) // part.element_size()
            for start in range(0, width, self.block):
                count = min(self.block, width - start)
                self.pieces.append([far + start, width, first + start, count])
            first += width
        self.tensor = torch.tensor(self.pieces, device=parts[0].device)
        # What every offset is a multiple of: a kernel then reads 16 bytes at a time.
        self.even = gcd(16, *(number for piece in self.pieces for number in piece[:3]))
        self.full = all(count == self.block for *_, count in self.pieces)

    def gathered(self, x: Tensor, rows: int) -> Tensor:
        """Return all channels, (rows, channels), a row per pixel, in plain torch.

        Args:
            x: the first map of the table; the others are at distances from it in memory.
            rows: the number of pixels of all samples.
        """
        start = x.storage_offset()
        parts = [
            x.as_strided((rows, count), (step, 1), start + far)
            for far, step, _, count in self.pieces
        ]
        return torch.cat(parts, dim=1)


def fused_rows(maps: Tensor) -> Tensor:
    """View a dense map in channels-last order as (pixels, channels)."""
    n, c, h, w = maps.shape
    return maps.as_strided((n * h * w, c), (c, 1))


def fused_gather(
    x: Tensor, out: Tensor, *, table: FusedTable, scale: Tensor, shift: Tensor, relu: bool,
    triton: bool,
) -> Tensor:  # fmt: skip
    """Gather channels of several maps, scale and shift them in float32, with a ReLU if wanted.

    Args:
        x: the map of the table's first part.
        out: a map of C channels, the result; may be x itself.
        table: where the channels lie.
        scale: float32, (C,).
        shift: float32, (C,).
        relu: whether a ReLU follows.
        triton: whether to run the kernel, or plain torch.
    """
    result = fused_rows(out)
    rows, channels = result.shape
    if not triton:
        read = table.gathered(x, rows).float() * scale + shift
        result.copy_(read.relu_() if relu else read)
        return out
    kernel = fused_kernels()[0]
    high = max(1, 4096 // table.block)
    kernel[-(-rows // high), len(table.pieces)](
        x, table.tensor, scale, shift, result, rows, channels, RELU=relu, EVEN=table.even,
        FULL=table.full, BM=high, BK=table.block, enable_fp_fusion=True,
    )  # fmt: skip
    return out


def fused_gemm(
    x: Tensor, out: Tensor, *, table: FusedTable, scale: Tensor, shift: Tensor, weight: Tensor,
    out_scale: Tensor, out_shift: Tensor, relu: bool, triton: bool, precision: str,
) -> Tensor:  # fmt: skip
    """Compute a 1x1 convolution with norm and ReLU before it, norm and ReLU after it.

    Args:
        x: the map of the table's first part.
        out: a map of `width` channels, the result.
        table: where the C channels lie that are read.
        scale: float32, (C,): relu(x * scale + shift) is multiplied.
        shift: float32, (C,).
        weight: (C, width), of the dtype of x.
        out_scale: float32, (width,): product * out_scale + out_shift is the result.
        out_shift: float32, (width,).
        relu: whether a ReLU follows.
        triton: whether to run the kernel, or plain torch.
        precision: how float32 is multiplied by the kernel, `ieee` or `tf32`.
    """
    result = fused_rows(out)
    rows, width = result.shape
    if not triton:
        read = (table.gathered(x, rows).float() * scale + shift).relu_().to(x.dtype)
        product = (read.float() @ weight.float()) * out_scale + out_shift
        result.copy_(product.relu_() if relu else product)
        return out
    kernel = fused_kernels()[1]
    high, wide = fused_tile(rows, width)
    kernel[-(-rows // high), -(-width // wide)](
        x, table.tensor, len(table.pieces), scale, shift, weight, out_scale, out_shift, result,
        rows, width, RELU=relu, PRECISION=precision, WIDE=not x.is_cuda, EVEN=table.even,
        FULL=table.full, BM=high, BN=wide, BK=table.block,
        num_warps=8 if high * wide > 8192 else 4, enable_fp_fusion=True,
    )  # fmt: skip
    return out


def fused_tile(rows: int, width: int) -> tuple[int, int]:
    """Return rows and columns per program: many, unless a large accelerator would be idle then.

    Args:
        rows: the number of rows of the product, one for each pixel.
        width: its number of columns.
    """
    programs = 132
    high, wide = 128, min(128, max(16, 1 << (width - 1).bit_length()))
    while high > 32 and -(-rows // high) * -(-width // wide) < programs:
        high //= 2
    while wide > 32 and -(-rows // high) * -(-width // wide) < programs:
        wide //= 2
    return high, wide
