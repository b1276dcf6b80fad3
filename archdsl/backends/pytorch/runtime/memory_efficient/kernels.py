"""Triton kernels of the steps of a stage's operator; pasted into emitted files.

Tensors are seen as (rows, channels), a row per pixel, in channels-last order. A table has a row of
three numbers for each piece of at most BK channels: its first channel in the tensor that is read,
its first one among all channels that are read, and its number of channels. These numbers are
multiples of EVEN. So are `width`, the channels of the tensor that is read, and `channels`, those of
what is read, which are passed divided by EVEN: the compiler then knows how many numbers can be read
at a time. Sums over rows are computed per tile and added up by another kernel, always in the same
order, so that results are deterministic. `read.py` has the same in plain torch.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from archdsl.backends.pytorch.runtime.memory_efficient.product_kernels import stage_product_kernels

tl: Any = None


@cache
def stage_kernels() -> dict[str, Any]:
    """Return the kernels by name; none where Triton is missing."""
    global tl
    try:
        import triton
        import triton.language
    except ImportError:
        return {}
    tl = triton.language
    return {
        "activate": triton.jit(stage_activate_kernel),
        "collect": triton.jit(stage_collect_kernel),
        "sum": triton.jit(stage_sum_kernel),
        "settle": triton.jit(stage_settle_kernel),
        **stage_product_kernels(triton),
    }


def stage_activate_kernel(
    x, table, mean, variance, scale, shift, eps, out, rows, width, channels,
    NORM: tl.constexpr, RELU: tl.constexpr, EVEN: tl.constexpr, BM: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    """Gather a piece of BM rows, normalise it and apply a ReLU if wanted, and store it.

    Args:
        x: the tensor to read, (rows, width).
        table: the pieces.
        mean, variance: of each channel of x, in float32.
        scale, shift: of each channel that is read, of any dtype.
        eps: the eps of the norm.
        out: the result, (rows, channels).
        rows: pixels of all samples.
        width, channels: see above.
        NORM, RELU: whether there is one.
        EVEN, BM, BK: see above; rows and channels of a piece.
    """
    row = (tl.program_id(0) * BM + tl.arange(0, BM)).to(tl.int64)[:, None]
    lane = tl.arange(0, BK)
    piece = table + 3 * tl.program_id(1)
    source = tl.multiple_of(tl.load(piece), EVEN) + lane
    channel = tl.multiple_of(tl.load(piece + 1), EVEN) + lane
    present = lane < tl.multiple_of(tl.load(piece + 2), EVEN)
    inside = (row < rows) & present[None, :]
    read = x + row * (width * EVEN) + source[None, :]
    value = tl.load(read, mask=inside, other=0.0).to(tl.float32)
    if NORM:
        m = tl.load(mean + source, mask=present, other=0.0)
        r = tl.rsqrt(tl.load(variance + source, mask=present, other=1.0) + eps)
        a = tl.load(scale + channel, mask=present, other=0.0).to(tl.float32) * r
        b = tl.load(shift + channel, mask=present, other=0.0).to(tl.float32)
        value = (value - m[None, :]) * a[None, :] + b[None, :]
    if RELU:
        value = tl.where(value < 0.0, 0.0, value)  # NaN stays NaN
    write = out + row * (channels * EVEN) + channel[None, :]
    tl.store(write, value.to(out.dtype.element_ty), mask=inside)


def stage_collect_kernel(
    gradient, x, table, mean, variance, scale, shift, eps, totals, sums, rows, width, channels,
    NORM: tl.constexpr, RELU: tl.constexpr, ADD: tl.constexpr, STEPS: tl.constexpr,
    EVEN: tl.constexpr, BM: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    """Take a piece of STEPS * BM rows of a gradient back through a ReLU and a norm.

    The gradient d before the ReLU is multiplied by scale / deviation and added to the totals, or
    without ADD it is stored as it is. Two rows of `sums` for the tile are the sums of d * xn and of
    d, where xn is x normalised.

    Args:
        gradient: the gradient of the output, (rows, channels).
        x: the tensor that was read, (rows, width).
        table: the pieces.
        mean, variance: of each channel of x, in float32.
        scale, shift: of each channel that is read, of any dtype.
        eps: the eps of the norm.
        totals: gradients to add to, (rows, width); without ADD where to store, (rows, channels),
            which may be the memory of `gradient`.
        sums: the sums, (tiles, 2, channels), in float32.
        rows: pixels of all samples.
        width, channels: see above.
        NORM, RELU: whether there is one.
        ADD: whether to add to the totals.
        STEPS: how often a program takes BM rows.
        EVEN, BM, BK: see above; rows and channels of a piece.
    """
    tile = tl.program_id(0)
    lane = tl.arange(0, BK)
    piece = table + 3 * tl.program_id(1)
    source = tl.multiple_of(tl.load(piece), EVEN) + lane
    channel = tl.multiple_of(tl.load(piece + 1), EVEN) + lane
    present = lane < tl.multiple_of(tl.load(piece + 2), EVEN)
    if NORM:
        m = tl.load(mean + source, mask=present, other=0.0)
        r = tl.rsqrt(tl.load(variance + source, mask=present, other=1.0) + eps)
        a = tl.load(scale + channel, mask=present, other=0.0).to(tl.float32) * r
        b = tl.load(shift + channel, mask=present, other=0.0).to(tl.float32)
        of_scale = tl.zeros((BM, BK), tl.float32)
        of_shift = tl.zeros((BM, BK), tl.float32)
    for step in range(STEPS):
        row = ((tile * STEPS + step) * BM + tl.arange(0, BM)).to(tl.int64)[:, None]
        inside = (row < rows) & present[None, :]
        read = row * (width * EVEN) + source[None, :]
        dense = row * (channels * EVEN) + channel[None, :]
        d = tl.load(gradient + dense, mask=inside, other=0.0).to(tl.float32)
        if NORM or RELU:
            value = tl.load(x + read, mask=inside, other=0.0).to(tl.float32)
        if NORM:
            value = value - m[None, :]
            xn = value * r[None, :]
            value = value * a[None, :] + b[None, :]
        if RELU:  # where its output, as it was stored, is positive
            d = tl.where(value.to(x.dtype.element_ty).to(tl.float32) <= 0.0, 0.0, d)
        if NORM:
            of_scale += tl.where(inside, d * xn, 0.0)
            of_shift += d
        if ADD:
            total = tl.load(totals + read, mask=inside, other=0.0).to(tl.float32)
            total += d * a[None, :] if NORM else d
            tl.store(totals + read, total.to(totals.dtype.element_ty), mask=inside)
        else:
            tl.store(totals + dense, d.to(totals.dtype.element_ty), mask=inside)
    if NORM:
        place = sums + 2 * tile.to(tl.int64) * (channels * EVEN) + channel
        tl.store(place, tl.sum(of_scale, axis=0), mask=present)
        tl.store(place + channels * EVEN, tl.sum(of_shift, axis=0), mask=present)


def stage_sum_kernel(
    sums, table, mean, variance, scale, shift, eps, of_norm, first, second, tiles,
    width, channels, EVEN: tl.constexpr, BM: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    """Add up the sums of all tiles for a piece, and add what `settle` subtracts to the totals.

    Args:
        sums: the sums of tiles, (tiles, 2, channels), in float32.
        table: the pieces.
        mean, variance: of each channel of the tensor that was read, in float32.
        scale, shift: of each channel that is read, of any dtype.
        eps: the eps of the norm.
        of_norm: the gradients of scale and shift, (2, channels).
        first, second: see `StageTotals`, (width,) each.
        tiles: the number of tiles.
        width, channels: see above.
        EVEN, BM, BK: see above; tiles and channels of a piece.
    """
    lane = tl.arange(0, BK)
    piece = table + 3 * tl.program_id(1)
    source = tl.multiple_of(tl.load(piece), EVEN) + lane
    channel = tl.multiple_of(tl.load(piece + 1), EVEN) + lane
    present = lane < tl.multiple_of(tl.load(piece + 2), EVEN)
    scales = tl.zeros((BM, BK), tl.float32)
    shifts = tl.zeros((BM, BK), tl.float32)
    for start in range(0, tiles, BM):
        tile = (start + tl.arange(0, BM)).to(tl.int64)[:, None]
        inside = (tile < tiles) & present[None, :]
        place = sums + 2 * tile * (channels * EVEN) + channel[None, :]
        scales += tl.load(place, mask=inside, other=0.0)
        shifts += tl.load(place + channels * EVEN, mask=inside, other=0.0)
    scales, shifts = tl.sum(scales, axis=0), tl.sum(shifts, axis=0)
    tl.store(of_norm + channel, scales, mask=present)
    tl.store(of_norm + channels * EVEN + channel, shifts, mask=present)
    r = tl.rsqrt(tl.load(variance + source, mask=present, other=1.0) + eps)
    a = tl.load(scale + channel, mask=present, other=0.0).to(tl.float32) * r
    before = tl.load(first + source, mask=present, other=0.0)
    tl.store(first + source, before + a * shifts, mask=present)
    before = tl.load(second + source, mask=present, other=0.0)
    tl.store(second + source, before + a * r * scales, mask=present)


def stage_settle_kernel(
    gradient, x, table, mean, variance, scale, shift, eps, first, second, out, rows, width,
    channels, NORM: tl.constexpr, EVEN: tl.constexpr, BM: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    """Subtract the correction from a piece of BM rows of a gradient, and store it dense.

    With NORM the gradient is first multiplied by scale / deviation.

    Args:
        gradient: the gradients that were added up, (rows, width).
        x: the tensor that was read, (rows, width).
        table: the pieces.
        mean, variance: of each channel of x, in float32.
        scale, shift: of each channel that is read, of any dtype.
        eps: the eps of the norm.
        first, second: see `StageTotals`, (width,) each.
        out: the result, (rows, channels).
        rows: pixels of all samples.
        width, channels: see above.
        NORM: whether to multiply.
        EVEN, BM, BK: see above; rows and channels of a piece.
    """
    row = (tl.program_id(0) * BM + tl.arange(0, BM)).to(tl.int64)[:, None]
    lane = tl.arange(0, BK)
    piece = table + 3 * tl.program_id(1)
    source = tl.multiple_of(tl.load(piece), EVEN) + lane
    channel = tl.multiple_of(tl.load(piece + 1), EVEN) + lane
    present = lane < tl.multiple_of(tl.load(piece + 2), EVEN)
    inside = (row < rows) & present[None, :]
    read = row * (width * EVEN) + source[None, :]
    d = tl.load(gradient + read, mask=inside, other=0.0).to(tl.float32)
    value = tl.load(x + read, mask=inside, other=0.0).to(tl.float32)
    m = tl.load(mean + source, mask=present, other=0.0)
    one = tl.load(first + source, mask=present, other=0.0)
    two = tl.load(second + source, mask=present, other=0.0)
    if NORM:
        r = tl.rsqrt(tl.load(variance + source, mask=present, other=1.0) + eps)
        a = tl.load(scale + channel, mask=present, other=0.0).to(tl.float32) * r
        d = d * a[None, :]
    correction = ((value - m[None, :]) * two[None, :] + one[None, :]) / rows
    write = out + row * (channels * EVEN) + channel[None, :]
    tl.store(write, (d - correction).to(out.dtype.element_ty), mask=inside)
