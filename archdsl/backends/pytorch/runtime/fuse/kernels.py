"""Triton kernels that read channels of several maps; pasted into emitted files.

A table has a row of four numbers for each piece of at most BK channels: the offset of its first
element from the first one of x, the step from one pixel to the next, its first channel among all
that are gathered, and its number of channels. `launch.py` has the same in plain torch.
"""

from __future__ import annotations

from functools import cache
from typing import Any

tl: Any = None


@cache
def fused_kernels() -> tuple[Any, ...]:
    """Return the kernels that gather and that multiply; none where Triton is missing."""
    global tl
    try:
        import triton
        import triton.language
    except ImportError:
        return ()
    tl = triton.language
    return triton.jit(fused_gather_kernel), triton.jit(fused_gemm_kernel)


def fused_gather_kernel(
    x, table, scale, shift, out, rows, channels,
    RELU: tl.constexpr, EVEN: tl.constexpr, FULL: tl.constexpr, BM: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    """Scale and shift a piece of BM rows in float32, apply a ReLU if wanted, and store it.

    Args:
        x: pointer to the first element of the table's first map.
        table: pointer to the rows of four int64 numbers, one for each piece.
        scale: pointer to float32 numbers, one for each of the `channels`.
        shift: pointer to float32 numbers, one for each of the `channels`.
        out: pointer to the result, (rows, channels), contiguous, of any floating dtype.
        rows: the number of pixels of all samples.
        channels: the number of channels that are gathered.
        RELU: whether a ReLU follows.
        EVEN: a power of two up to 16 that all offsets, steps and first channels are multiples of.
        FULL: whether every piece has BK channels.
        BM: rows per program, a power of two: program (i, j) of the grid (ceil(rows / BM), pieces)
            computes piece j of BM rows from i * BM on.
        BK: the largest number of channels of a piece, a power of two.
    """
    row = (tl.program_id(0) * BM + tl.arange(0, BM)).to(tl.int64)
    lane = tl.arange(0, BK)
    piece = table + 4 * tl.program_id(1)
    far, step = tl.multiple_of(tl.load(piece), EVEN), tl.multiple_of(tl.load(piece + 1), EVEN)
    first = tl.multiple_of(tl.load(piece + 2), EVEN)
    present = lane < (BK if FULL else tl.load(piece + 3))
    inside = (row < rows)[:, None] & present[None, :]
    part = tl.load(x + far + row[:, None] * step + lane[None, :], mask=inside, other=0.0)
    a = tl.load(scale + first + lane, mask=present, other=0.0)
    b = tl.load(shift + first + lane, mask=present, other=0.0)
    part = part.to(tl.float32) * a[None, :] + b[None, :]
    if RELU:
        part = tl.where(part < 0.0, 0.0, part)  # NaN stays NaN
    part = part.to(out.dtype.element_ty)
    tl.store(out + row[:, None] * channels + first + lane[None, :], part, mask=inside)


def fused_gemm_kernel(
    x, table, pieces, scale, shift, weight, out_scale, out_shift, out, rows, width,
    RELU: tl.constexpr, PRECISION: tl.constexpr, WIDE: tl.constexpr, EVEN: tl.constexpr,
    FULL: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    """Compute BM x BN of relu(x * scale + shift) @ weight, scaled, shifted, and a ReLU if wanted.

    Args:
        x: pointer to the first element of the table's first map.
        table: pointer to the rows of four int64 numbers, one for each piece.
        pieces: the number of pieces.
        scale: pointer to float32 numbers, one for each of the C channels that are gathered.
        shift: pointer to float32 numbers, one for each of the C channels.
        weight: pointer to the matrix (C, width), contiguous, of the dtype of x.
        out_scale: pointer to float32 numbers, one for each of the `width` columns.
        out_shift: pointer to float32 numbers, one for each of the `width` columns.
        out: pointer to the result, (rows, width), contiguous, of any floating dtype.
        rows: the number of pixels of all samples.
        width: the number of output channels.
        RELU: whether a ReLU follows.
        PRECISION: how float32 is multiplied, `ieee` or `tf32`.
        WIDE: whether to multiply in float32 after rounding to the dtype of the weights.
        EVEN: a power of two up to 16 that all offsets, steps and first channels are multiples of.
        FULL: whether every piece has BK channels.
        BM: rows per program, a power of two and at least 16.
        BN: columns per program, a power of two and at least 16: program (i, j) of the grid
            (ceil(rows / BM), ceil(width / BN)) computes BM rows from i * BM on, BN columns from
            j * BN on, and adds up in float32.
        BK: the largest number of channels of a piece, a power of two and at least 16.
    """
    row = (tl.program_id(0) * BM + tl.arange(0, BM)).to(tl.int64)
    column = tl.program_id(1) * BN + tl.arange(0, BN)
    lane = tl.arange(0, BK)
    inside, across = (row < rows)[:, None], (column < width)[None, :]
    total = tl.zeros((BM, BN), tl.float32)
    for index in range(pieces):
        piece = table + 4 * index
        far, step = tl.multiple_of(tl.load(piece), EVEN), tl.multiple_of(tl.load(piece + 1), EVEN)
        channel = tl.multiple_of(tl.load(piece + 2), EVEN) + lane
        present = lane < (BK if FULL else tl.load(piece + 3))
        place = x + far + row[:, None] * step + lane[None, :]
        part = tl.load(place, mask=inside & present[None, :], other=0.0).to(tl.float32)
        a = tl.load(scale + channel, mask=present, other=0.0)
        b = tl.load(shift + channel, mask=present, other=0.0)
        part = part * a[None, :] + b[None, :]
        part = tl.where(part < 0.0, 0.0, part)  # NaN stays NaN
        place = weight + channel[:, None] * width + column[None, :]
        factor = tl.load(place, mask=present[:, None] & across, other=0.0)
        if WIDE:  # Triton's interpreter multiplies no bfloat16
            part, factor = part.to(factor.dtype).to(tl.float32), factor.to(tl.float32)
        total = tl.dot(part.to(factor.dtype), factor, total, input_precision=PRECISION)
    a = tl.load(out_scale + column, mask=column < width, other=0.0)
    b = tl.load(out_shift + column, mask=column < width, other=0.0)
    total = total * a[None, :] + b[None, :]
    if RELU:
        total = tl.where(total < 0.0, 0.0, total)
    total = total.to(out.dtype.element_ty)
    tl.store(out + row[:, None] * width + column[None, :], total, mask=inside & across)
