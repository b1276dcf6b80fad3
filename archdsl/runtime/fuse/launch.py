"""The kernels' calls, and what they compute in plain torch; pasted into emitted files."""

from __future__ import annotations

from math import gcd

import torch
from torch import Tensor

from archdsl.runtime.fuse.kernels import fused_kernels


class FusedTable:
    """Where channels lie that stand side by side: pieces of at most `block`, see `kernels.py`.

    The parts are dense maps in channels-last order, at fixed distances within one memory.
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
        # What a kernel may rely on: it reads 16 bytes at a time where everything begins at such.
        self.even = gcd(16, *(number for piece in self.pieces for number in piece[:3]))
        self.full = all(count == self.block for *_, count in self.pieces)

    def gathered(self, x: Tensor, rows: int) -> Tensor:
        """All channels, a row for every place, in plain torch."""
        start = x.storage_offset()
        found = [
            x.as_strided((rows, count), (step, 1), start + far)
            for far, step, _, count in self.pieces
        ]
        return torch.cat(found, dim=1)


def fused_rows(maps: Tensor) -> Tensor:
    """A dense map in channels-last order as a row of channels for every place."""
    n, c, h, w = maps.shape
    return maps.as_strided((n * h * w, c), (c, 1))


def fused_gather(
    x: Tensor, out: Tensor, *, table: FusedTable, scale: Tensor, shift: Tensor, relu: bool,
    triton: bool,
) -> Tensor:  # fmt: skip
    """Channels from several places, scaled and shifted in float32, and perhaps a ReLU.

    Args:
        x: the map of the table's first part.
        out: a map of C channels, the result; may be x itself.
        table: where the channels lie.
        scale: float32, (C,).
        shift: float32, (C,).
        relu: whether a ReLU follows.
        triton: by the kernel, or in plain torch.
    """
    made = fused_rows(out)
    rows, channels = made.shape
    if not triton:
        read = table.gathered(x, rows).float() * scale + shift
        made.copy_(read.relu_() if relu else read)
        return out
    kernel = fused_kernels()[0]
    high = max(1, 4096 // table.block)
    kernel[-(-rows // high), len(table.pieces)](
        x, table.tensor, scale, shift, made, rows, channels, RELU=relu, EVEN=table.even,
        FULL=table.full, BM=high, BK=table.block, enable_fp_fusion=True,
    )  # fmt: skip
    return out


def fused_gemm(
    x: Tensor, out: Tensor, *, table: FusedTable, scale: Tensor, shift: Tensor, weight: Tensor,
    out_scale: Tensor, out_shift: Tensor, relu: bool, triton: bool, precision: str,
) -> Tensor:  # fmt: skip
    """A 1x1 convolution with the norm and ReLU before it, the norm after it and perhaps a ReLU.

    Args:
        x: the map of the table's first part.
        out: a map of `width` channels, the result.
        table: where the C channels lie that are read.
        scale: float32, (C,): relu(x * scale + shift) is what is multiplied.
        shift: float32, (C,).
        weight: (C, width), of the kind of x.
        out_scale: float32, (width,): product * out_scale + out_shift is the result.
        out_shift: float32, (width,).
        relu: whether a ReLU follows.
        triton: by the kernel, or in plain torch.
        precision: how float32 is multiplied by the kernel, `ieee` or `tf32`.
    """
    made = fused_rows(out)
    rows, width = made.shape
    if not triton:
        read = (table.gathered(x, rows).float() * scale + shift).relu_().to(x.dtype)
        product = (read.float() @ weight.float()) * out_scale + out_shift
        made.copy_(product.relu_() if relu else product)
        return out
    kernel = fused_kernels()[1]
    high, wide = fused_tile(rows, width)
    kernel[-(-rows // high), -(-width // wide)](
        x, table.tensor, len(table.pieces), scale, shift, weight, out_scale, out_shift, made, rows,
        width, RELU=relu, PRECISION=precision, WIDE=not x.is_cuda, EVEN=table.even,
        FULL=table.full, BM=high, BN=wide, BK=table.block,
        num_warps=8 if high * wide > 8192 else 4, enable_fp_fusion=True,
    )  # fmt: skip
    return out


def fused_tile(rows: int, width: int) -> tuple[int, int]:
    """Rows and columns that a program makes: many, unless a large accelerator then stands idle."""
    programs = 132
    high, wide = 128, min(128, max(16, 1 << (width - 1).bit_length()))
    while high > 32 and -(-rows // high) * -(-width // wide) < programs:
        high //= 2
    while wide > 32 and -(-rows // high) * -(-width // wide) < programs:
        wide //= 2
    return high, wide
