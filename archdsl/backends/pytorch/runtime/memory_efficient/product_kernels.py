"""Triton kernels of 1x1 convolutions, which compute what they multiply; pasted into emitted files.

They see tensors and tables as the kernels in `kernels.py` do, and gather, normalise and apply the
ReLU in the same way, in float32. A 1x1 convolution is a product of matrices: (rows, channels) by
the transposed weight, (outputs, channels). What is multiplied is rounded to the dtype of the
tensors first, as it would be if it were stored, and products are added up in float32. Triton's
interpreter does not multiply bfloat16: with WIDE the rounded numbers are multiplied in float32.
"""

from __future__ import annotations

from typing import Any

tl: Any = None


def stage_product_kernels(triton: Any) -> dict[str, Any]:
    """Return the kernels by name.

    Args:
        triton: the module of this name.
    """
    global tl
    tl = triton.language
    return {
        "convolve": triton.jit(stage_convolve_kernel),
        "collect_product": triton.jit(stage_collect_product_kernel),
        "weight_gradient": triton.jit(stage_weight_gradient_kernel),
    }


def stage_convolve_kernel(
    x, table, pieces, mean, variance, scale, shift, eps, weight, bias, out, rows, outputs, width,
    channels, NORM: tl.constexpr, RELU: tl.constexpr, BIAS: tl.constexpr, PRECISION: tl.constexpr,
    WIDE: tl.constexpr, EVEN: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    """Gather all pieces of BM rows, normalise them, apply a ReLU, and convolve to BN outputs.

    Args:
        x: the tensor to read, (rows, width).
        table: the pieces.
        pieces: their number.
        mean, variance: of each channel of x, in float32.
        scale, shift: of each channel that is read, of any dtype.
        eps: the eps of the norm.
        weight: of the convolution, (outputs, channels).
        bias: (outputs,), of any dtype; not read without BIAS.
        out: the result, (rows, outputs).
        rows: pixels of all samples.
        outputs: channels of the result.
        width, channels: see `kernels.py`.
        NORM, RELU, BIAS: whether there is one.
        PRECISION: how float32 is multiplied, `ieee` or `tf32`.
        WIDE: see above.
        EVEN, BM, BN, BK: see `kernels.py`; rows and outputs of a program, channels of a piece.
    """
    across = tl.cdiv(outputs, BN)  # programs of the same rows are next to each other
    row = (tl.program_id(0) // across * BM + tl.arange(0, BM)).to(tl.int64)[:, None]
    column = tl.program_id(0) % across * BN + tl.arange(0, BN)
    wanted = column < outputs
    lane = tl.arange(0, BK)
    total = tl.zeros((BM, BN), tl.float32)
    for index in range(pieces):
        piece = table + 3 * index
        source = tl.multiple_of(tl.load(piece), EVEN) + lane
        channel = tl.multiple_of(tl.load(piece + 1), EVEN) + lane
        present = lane < tl.multiple_of(tl.load(piece + 2), EVEN)
        read = x + row * (width * EVEN) + source[None, :]
        value = tl.load(read, mask=(row < rows) & present[None, :], other=0.0).to(tl.float32)
        if NORM:
            m = tl.load(mean + source, mask=present, other=0.0)
            r = tl.rsqrt(tl.load(variance + source, mask=present, other=1.0) + eps)
            a = tl.load(scale + channel, mask=present, other=0.0).to(tl.float32) * r
            b = tl.load(shift + channel, mask=present, other=0.0).to(tl.float32)
            value = (value - m[None, :]) * a[None, :] + b[None, :]
        if RELU:
            value = tl.where(value < 0.0, 0.0, value)  # NaN stays NaN
        place = weight + column[None, :] * (channels * EVEN) + channel[:, None]
        factor = tl.load(place, mask=present[:, None] & wanted[None, :], other=0.0)
        value = value.to(factor.dtype)
        if WIDE:
            value, factor = value.to(tl.float32), factor.to(tl.float32)
        total = tl.dot(value, factor, total, input_precision=PRECISION)
    if BIAS:
        total += tl.load(bias + column, mask=wanted, other=0.0).to(tl.float32)[None, :]
    write = out + row * outputs + column[None, :]
    tl.store(write, total.to(out.dtype.element_ty), mask=(row < rows) & wanted[None, :])


def stage_collect_product_kernel(
    gradient, weight, x, table, pieces, mean, variance, scale, shift, eps, totals, sums, rows,
    outputs, width, channels, NORM: tl.constexpr, RELU: tl.constexpr, ADD: tl.constexpr,
    STEPS: tl.constexpr, PRECISION: tl.constexpr, WIDE: tl.constexpr, EVEN: tl.constexpr,
    BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    """Take a piece of STEPS * BM rows of a gradient back through a convolution, a ReLU and a norm.

    Only the first step differs from `stage_collect_kernel`: the gradient of what the convolution
    reads is computed here, and not read.

    Args:
        gradient: the gradient of the convolution's result, (rows, outputs).
        weight: of the convolution, (outputs, channels).
        x: the tensor that was read, (rows, width).
        table: the pieces.
        pieces: their number.
        mean, variance: of each channel of x, in float32.
        scale, shift: of each channel that is read, of any dtype.
        eps: the eps of the norm.
        totals: gradients to add to, (rows, width); without ADD where the gradient before the ReLU
            is stored, (rows, channels).
        sums: the sums, (tiles, 2, channels), in float32.
        rows: pixels of all samples.
        outputs: channels of the convolution's result.
        width, channels: see `kernels.py`.
        NORM, RELU: whether there is one.
        ADD: whether to add to the totals.
        STEPS: how often a program takes BM rows.
        PRECISION: how float32 is multiplied, `ieee` or `tf32`.
        WIDE: see above.
        EVEN, BM, BN, BK: see `kernels.py`; rows, outputs that are multiplied at a time, and
            channels of a piece.
    """
    tile = tl.program_id(0) // pieces  # programs of the same rows are next to each other
    lane = tl.arange(0, BK)
    piece = table + 3 * (tl.program_id(0) % pieces)
    source = tl.multiple_of(tl.load(piece), EVEN) + lane
    channel = tl.multiple_of(tl.load(piece + 1), EVEN) + lane
    present = lane < tl.multiple_of(tl.load(piece + 2), EVEN)
    if NORM:
        m = tl.load(mean + source, mask=present, other=0.0)
        r = tl.rsqrt(tl.load(variance + source, mask=present, other=1.0) + eps)
        a = tl.load(scale + channel, mask=present, other=0.0).to(tl.float32) * r
        b = tl.load(shift + channel, mask=present, other=0.0).to(tl.float32)
        of_scale, of_shift = tl.zeros((BK,), tl.float32), tl.zeros((BK,), tl.float32)
    for step in range(STEPS):
        row = ((tile * STEPS + step) * BM + tl.arange(0, BM)).to(tl.int64)[:, None]
        inside = (row < rows) & present[None, :]
        d = tl.zeros((BM, BK), tl.float32)
        for start in range(0, outputs, BN):
            column = start + tl.arange(0, BN)
            wanted = column < outputs
            place = gradient + row * outputs + column[None, :]
            upstream = tl.load(place, mask=(row < rows) & wanted[None, :], other=0.0)
            place = weight + column[:, None] * (channels * EVEN) + channel[None, :]
            factor = tl.load(place, mask=wanted[:, None] & present[None, :], other=0.0)
            if WIDE:
                upstream, factor = upstream.to(tl.float32), factor.to(tl.float32)
            d = tl.dot(upstream, factor, d, input_precision=PRECISION)
        read = row * (width * EVEN) + source[None, :]
        value = tl.load(x + read, mask=inside, other=0.0).to(tl.float32)
        normal = (value - m[None, :]) * a[None, :] + b[None, :] if NORM else value
        if RELU:  # where its output, as it was rounded, is positive
            d = tl.where(normal.to(x.dtype.element_ty).to(tl.float32) <= 0.0, 0.0, d)
        if NORM:
            xn = (value - m[None, :]) * r[None, :]
            of_scale += tl.sum(tl.where(inside, d * xn, 0.0), axis=0)
            of_shift += tl.sum(tl.where(inside, d, 0.0), axis=0)
        place = totals + (read if ADD else row * (channels * EVEN) + channel[None, :])
        if ADD:
            d = d * a[None, :] if NORM else d
            d += tl.load(place, mask=inside, other=0.0).to(tl.float32)
        tl.store(place, d.to(totals.dtype.element_ty), mask=inside)
    if NORM:
        place = sums + 2 * tile.to(tl.int64) * (channels * EVEN) + channel
        tl.store(place, of_scale, mask=present)
        tl.store(place + channels * EVEN, of_shift, mask=present)


def stage_weight_gradient_kernel(
    gradient, x, table, mean, variance, scale, shift, eps, parts, rows, outputs, steps, width,
    channels, NORM: tl.constexpr, RELU: tl.constexpr, PRECISION: tl.constexpr, WIDE: tl.constexpr,
    EVEN: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    """Compute the part of a weight's gradient that steps * BM rows have, for BN outputs of a piece.

    What the convolution read is gathered, normalised and passed through the ReLU again.

    Args:
        gradient: the gradient of the convolution's result, (rows, outputs).
        x: the tensor that was read, (rows, width).
        table: the pieces.
        mean, variance: of each channel of x, in float32.
        scale, shift: of each channel that is read, of any dtype.
        eps: the eps of the norm.
        parts: the results, (splits, outputs, channels), in float32.
        rows: pixels of all samples.
        outputs: channels of the convolution's result.
        steps: how often a program takes BM rows.
        width, channels: see `kernels.py`.
        NORM, RELU: whether there is one.
        PRECISION: how float32 is multiplied, `ieee` or `tf32`.
        WIDE: see above.
        EVEN, BM, BN, BK: see `kernels.py`; rows that are multiplied at a time, outputs of a
            program, channels of a piece.
    """
    lane = tl.arange(0, BK)
    piece = table + 3 * tl.program_id(0)
    source = tl.multiple_of(tl.load(piece), EVEN) + lane
    channel = tl.multiple_of(tl.load(piece + 1), EVEN) + lane
    present = lane < tl.multiple_of(tl.load(piece + 2), EVEN)
    column = tl.program_id(1) * BN + tl.arange(0, BN)
    wanted = column < outputs
    split = tl.program_id(2)
    if NORM:
        m = tl.load(mean + source, mask=present, other=0.0)
        r = tl.rsqrt(tl.load(variance + source, mask=present, other=1.0) + eps)
        a = tl.load(scale + channel, mask=present, other=0.0).to(tl.float32) * r
        b = tl.load(shift + channel, mask=present, other=0.0).to(tl.float32)
    total = tl.zeros((BN, BK), tl.float32)
    for step in range(steps):
        row = ((split * steps + step) * BM + tl.arange(0, BM)).to(tl.int64)[:, None]
        inside = (row < rows) & present[None, :]
        read = x + row * (width * EVEN) + source[None, :]
        value = tl.load(read, mask=inside, other=0.0).to(tl.float32)
        if NORM:
            value = (value - m[None, :]) * a[None, :] + b[None, :]
            value = tl.where(inside, value, 0.0)
        if RELU:
            value = tl.where(value < 0.0, 0.0, value)  # NaN stays NaN
        place = gradient + row * outputs + column[None, :]
        upstream = tl.load(place, mask=(row < rows) & wanted[None, :], other=0.0)
        value = value.to(upstream.dtype)
        if WIDE:
            upstream, value = upstream.to(tl.float32), value.to(tl.float32)
        total = tl.dot(tl.trans(upstream), value, total, input_precision=PRECISION)
    place = parts + (split.to(tl.int64) * outputs + column[:, None]) * (channels * EVEN)
    tl.store(place + channel[None, :], total, mask=wanted[:, None] & present[None, :])
