"""The steps of a stage's operator, in plain torch.

Tensors are (N, C, ...) in float64, float32, bfloat16 or float16; statistics are in float32, or in
float64 for float64.
"""

from __future__ import annotations

from math import gcd

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.memory_efficient.plan import StageWindow


def stage_layout(x: Tensor) -> torch.memory_format:
    """Return the memory format of all tensors of a stage whose input is `x`."""
    last = x.dim() == 4 and x.shape[1] > 1 and x.stride(1) == 1
    return torch.channels_last if last else torch.contiguous_format


def stage_room(x: Tensor, channels: int, layout: torch.memory_format | None = None) -> Tensor:
    """Return an uninitialised tensor like `x`, with another number of channels.

    Args:
        x: (N, C, ...).
        channels: the other number of channels.
        layout: its memory format; without, that of `x`.
    """
    shape = (x.shape[0], channels, *x.shape[2:])
    layout = stage_layout(x) if layout is None else layout
    return torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=layout)


def stage_precise(x: Tensor) -> torch.dtype:
    """Return the dtype of the statistics of a tensor."""
    return torch.promote_types(x.dtype, torch.float32)


def stage_numbers(x: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return room for the mean and the variance of channels of a tensor.

    Args:
        x: the tensor.
        count: the number of channels.
    """
    dtype = stage_precise(x)
    mean, variance = (torch.empty(count, dtype=dtype, device=x.device) for _ in range(2))
    return mean, variance


def stage_along(numbers: Tensor, x: Tensor) -> Tensor:
    """Return one number per channel as a tensor that broadcasts with `x`.

    Args:
        numbers: one per channel.
        x: (N, C, ...).
    """
    return numbers.view(-1, *[1] * (x.dim() - 2))


def stage_cast(x: Tensor, dtype: torch.dtype) -> Tensor:
    """Return a tensor in a dtype: itself, without a call of torch, if it has that.

    Args:
        x: the tensor.
        dtype: the dtype.
    """
    return x if x.dtype == dtype else x.to(dtype)


def stage_exact(x: Tensor) -> bool:
    """Return whether sums of a tensor may be added up from parts: with few bits each is rounded."""
    return x.dtype in (torch.float32, torch.float64)


def stage_folds(x: Tensor) -> int:
    """Return how many pixels to take as one with more channels, so that sums over pixels are fast.

    In channels-last order torch's sums on a CPU take 16 channels at a time, or 8, and the rest of
    them one by one: 12 channels then need as long as 100.
    """
    if x.device.type != "cpu" or x.dim() != 4 or not stage_exact(x) or x.is_contiguous():
        return 1
    if not x.is_contiguous(memory_format=torch.channels_last):
        return 1
    channels, pixels = x.shape[1], x.numel() // x.shape[1]
    folds = 16 // gcd(16, channels)
    few = pixels * (channels % 16) < 1 << 14
    return 1 if few or pixels % folds else folds


def stage_folded(x: Tensor, folds: int) -> Tensor:
    """Return the same memory with several pixels as one: (1, folds C, pixels / folds, 1).

    Args:
        x: (N, C, H, W), dense in channels-last order unless `folds` is 1.
        folds: the number of pixels; with 1 it is `x` itself.
    """
    if folds == 1:
        return x
    rows = x.permute(0, 2, 3, 1).view(1, -1, 1, folds * x.shape[1])
    return rows.permute(0, 3, 1, 2)


def stage_statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and the biased variance of each channel."""
    folds, dtype = stage_folds(x), stage_precise(x)
    folded = stage_folded(x, folds)
    mean, variance = torch.ops.aten.batch_norm_update_stats(folded, None, None, 0.0)
    if folds > 1:
        between, mean = torch.var_mean(mean.view(folds, -1), 0, correction=0)
        variance = variance.view(folds, -1).mean(0) + between
    return stage_cast(mean, dtype), stage_cast(variance, dtype)


def stage_normalise(
    x: Tensor, mean: Tensor, variance: Tensor, scale: Tensor, shift: Tensor, eps: float
) -> Tensor:
    """Return `x` normalised, scaled and shifted.

    Args:
        x: (N, C, ...), dense.
        mean: of each channel.
        variance: of each channel.
        scale: of the norm.
        shift: of the norm.
        eps: what is added to the variance.
    """
    scale, shift = stage_cast(scale, mean.dtype), stage_cast(shift, mean.dtype)
    norm = torch.ops.aten.native_batch_norm
    result: Tensor = norm(x, scale, shift, mean, variance, False, 0.0, eps)[0]
    return result


def stage_norm_sums(
    gradient: Tensor, x: Tensor, mean: Tensor, inverse: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the gradients of a norm's scale and shift.

    Args:
        gradient: of the norm's result.
        x: its input.
        mean: of each channel.
        inverse: of the deviation of each channel, with eps.
    """
    backward = torch.ops.aten.native_batch_norm_backward
    folds, only = min(stage_folds(x), stage_folds(gradient)), [False, True, True]
    g, x = stage_folded(gradient, folds), stage_folded(x, folds)
    if folds > 1:
        mean, inverse = mean.repeat(folds), inverse.repeat(folds)
    weight = mean  # which the two do not depend on
    _, scale, shift = backward(g, x, weight, None, None, mean, inverse, True, 0.0, only)
    if folds > 1:
        scale, shift = (sums.view(folds, -1).sum(0) for sums in (scale, shift))
    return scale, shift


def stage_norm_backward(
    gradient: Tensor,
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    scale: Tensor,
    eps: float,
    batch: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of the input, the scale and the shift of a norm.

    Args:
        gradient: of the norm's result.
        x: its input.
        mean: of each channel.
        variance: of each channel.
        scale: of the norm.
        eps: what is added to the variance.
        batch: whether mean and variance are those of `x`.
    """
    backward = torch.ops.aten.native_batch_norm_backward
    deviation = (variance + eps).rsqrt()
    statistics = (None, None, mean, deviation) if batch else (mean, variance, None, None)
    every = [True, True, True]
    result: tuple[Tensor, Tensor, Tensor] = backward(
        gradient, x, stage_cast(scale, mean.dtype), *statistics, batch, eps, every
    )
    return result


def stage_convolve(x: Tensor, weight: Tensor, bias: Tensor | None, window: StageWindow) -> Tensor:
    """Return a convolution of stride 1.

    Args:
        x: (N, C, ...).
        weight: (channels, C / groups, ...).
        bias: (channels,), or nothing.
        window: padding, dilation and groups.
    """
    one, none = [1] * (x.dim() - 2), [0] * (x.dim() - 2)
    padding, dilation = list(window.padding), list(window.dilation)
    return torch.convolution(x, weight, bias, one, padding, dilation, False, none, window.groups)


def stage_convolution_backward(
    gradient: Tensor, x: Tensor, weight: Tensor, window: StageWindow, *, bias: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of the input, weight and bias of a convolution of stride 1.

    Args:
        gradient: of the result.
        x: the input.
        weight: the weight.
        window: padding, dilation and groups.
        bias: whether it has a bias; without, the last gradient is not computed.
    """
    one, none = [1] * (x.dim() - 2), [0] * (x.dim() - 2)
    padding, dilation = list(window.padding), list(window.dilation)
    result: tuple[Tensor, Tensor, Tensor] = torch.ops.aten.convolution_backward(
        gradient, x, weight, [weight.shape[0]], one, padding, dilation, False, none, window.groups,
        [True, True, bias],
    )  # fmt: skip
    return result
