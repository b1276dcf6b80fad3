"""A concatenating stage as one operator, whose backward pass computes again what is cheap.

All outputs of a stage lie in one buffer. The statistics of a channel are computed once, when it is
written, for all norms that read it. Kept are the buffer, and the outputs of convolutions that a
norm or a ReLU of the same unit reads. What a layer gathers from the buffer, norms and ReLUs are
computed again.

A norm j that reads a channel x computes a_j xn_j + b_j, where xn_j = (x - mean) r_j and
r_j = (variance + eps_j)^(-1/2). With g_j the gradient of its result, the gradient of x is

    sum_j a_j r_j g_j - 1/M sum_j a_j r_j (sum g_j + xn_j sum g_j xn_j),

where inner sums are over the M values of the channel in the batch. The first sum is collected in
one gradient buffer for the stage. The second needs two numbers per channel, which are collected
too: sum_j a_j r_j sum g_j, and sum_j a_j r_j^2 sum g_j xn_j. It is subtracted once per channel.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.memory_efficient.plan import (
    StageLayer,
    StagePart,
    StagePlan,
)
from archdsl.backends.pytorch.runtime.memory_efficient.steps import (
    stage_along,
    stage_convolution_backward,
    stage_convolve,
    stage_gather,
    stage_layout,
    stage_norm_backward,
    stage_norm_sums,
    stage_normalise,
    stage_pick,
    stage_precise,
    stage_relu_backward,
    stage_room,
    stage_statistics,
)


class StageWeights(NamedTuple):
    """The weights of a stage in the order of its layers, or their gradients."""

    convolutions: list[Tensor]
    scales: list[Tensor]
    shifts: list[Tensor]


class StageKept(NamedTuple):
    """What the forward pass leaves for the backward pass.

    `means` and `variances` are first those of the buffer's channels, then those of the norms that
    read one of the `tensors`, the outputs of convolutions.
    """

    buffer: Tensor
    tensors: list[Tensor]
    means: list[Tensor]
    variances: list[Tensor]


class StageForward:
    """One forward pass of a stage."""

    def __init__(self, x: Tensor, weights: StageWeights, eps: list[float], plan: StagePlan) -> None:
        self.weights, self.eps, self.plan = weights, eps, plan
        numbers = torch.empty(
            plan.channels if plan.normalised else 0, dtype=stage_precise(x), device=x.device
        )
        self.kept = StageKept(
            stage_room(x, plan.channels), [], [numbers], [torch.empty_like(numbers)]
        )
        self.write(x, (0, x.shape[1]))

    def run(self, masks: list[Tensor]) -> StageKept:
        """Compute all layers."""
        for number, layer in enumerate(self.plan.layers):
            value = stage_gather(self.kept.buffer, layer.reads)
            for part in layer.parts:
                value = self.part(value, layer, part)
            self.write(value * masks[number] if masks else value, layer.writes)
        return self.kept

    def part(self, x: Tensor, layer: StageLayer, part: StagePart) -> Tensor:
        """Return the result of a norm, a ReLU and a convolution.

        Args:
            x: its input.
            layer: the layer.
            part: the part of it.
        """
        if part.input >= 0:
            self.kept.tensors.append(x)
            if part.norm >= 0:
                for numbers, kept in zip(stage_statistics(x), self.kept[2:], strict=True):
                    kept.append(numbers)
        x = stage_activate(x, layer, part, self.kept, self.weights, self.eps)
        if part.convolution < 0:
            return x
        return stage_convolve(x, self.weights.convolutions[part.convolution], part.window)

    def write(self, x: Tensor, place: tuple[int, int]) -> None:
        """Store an output, and its statistics.

        Args:
            x: the output, (N, channels, ...).
            place: its channels of the buffer, the first and the end.
        """
        start, end = place
        self.kept.buffer[:, start:end] = x
        if self.plan.normalised:
            self.kept.means[0][start:end], self.kept.variances[0][start:end] = stage_statistics(x)


def stage_activate(
    x: Tensor,
    layer: StageLayer,
    part: StagePart,
    kept: StageKept,
    weights: StageWeights,
    eps: list[float],
) -> Tensor:
    """Return the norm and the ReLU of a part, before its convolution.

    Args:
        x: input of the part.
        layer: the layer.
        part: the part of it.
        kept: the statistics so far.
        weights: scales and shifts of the norms.
        eps: the number that each norm adds to its variance.
    """
    if part.norm >= 0:
        mean, variance = stage_of_norm(layer, part, kept)
        scale, shift = weights.scales[part.norm], weights.shifts[part.norm]
        x = stage_normalise(x, mean, variance, scale, shift, eps[part.norm])
        return x.relu_() if part.relu else x
    return x.relu() if part.relu else x


def stage_of_norm(layer: StageLayer, part: StagePart, kept: StageKept) -> tuple[Tensor, Tensor]:
    """Return the mean and the variance of a norm's input.

    Args:
        layer: a layer.
        part: a part of it with a norm.
        kept: the statistics so far.
    """
    mean, variance = kept.means[part.statistics], kept.variances[part.statistics]
    if part.input >= 0:
        return mean, variance
    return stage_pick(mean, layer.reads), stage_pick(variance, layer.reads)


class StageBackward:
    """One backward pass of a stage.

    `gradients` is the gradient buffer. `first` and `second` are the numbers of each channel that
    `settle` subtracts.
    """

    def __init__(
        self,
        gradient: Tensor,
        kept: StageKept,
        weights: StageWeights,
        eps: list[float],
        plan: StagePlan,
    ) -> None:
        self.kept, self.weights, self.eps, self.plan = kept, weights, eps, plan
        self.gradients = gradient.clone(memory_format=stage_layout(kept.buffer))
        self.first = torch.zeros_like(kept.means[0])
        self.second = torch.zeros_like(kept.means[0])
        self.of_weights = StageWeights(*([tensor[:0] for tensor in tensors] for tensors in weights))

    def run(self, masks: list[Tensor]) -> tuple[Tensor, StageWeights]:
        """Return the gradients of the input and of the weights."""
        for number, layer in reversed(list(enumerate(self.plan.layers))):
            gradient = self.settle(layer.writes)
            if masks:
                gradient = gradient * masks[number]
            for part in reversed(layer.parts):
                gradient = self.part(gradient, layer, part)
        return self.settle((0, self.plan.layers[0].writes[0])), self.of_weights

    def part(self, gradient: Tensor, layer: StageLayer, part: StagePart) -> Tensor:
        """Take a gradient back through a convolution, a ReLU and a norm.

        Args:
            gradient: of the part's result.
            layer: the layer.
            part: the part of it.
        """
        inner, weights = part.input >= 0, self.weights
        x = self.kept.tensors[part.input] if inner else stage_gather(self.kept.buffer, layer.reads)
        if part.relu or part.convolution >= 0:
            y = stage_activate(x, layer, part, self.kept, weights, self.eps)
        if part.convolution >= 0:
            weight = weights.convolutions[part.convolution]
            gradient, of_weight = stage_convolution_backward(gradient, y, weight, part.window)
            self.of_weights.convolutions[part.convolution] = of_weight
        if part.relu:
            gradient = stage_relu_backward(gradient, y)
        if not inner:
            self.collect(gradient, x, layer, part)
        elif part.norm >= 0:
            mean, variance = stage_of_norm(layer, part, self.kept)
            scale = weights.scales[part.norm]
            numbers = (mean, variance, scale, self.eps[part.norm])
            gradient, of_scale, of_shift = stage_norm_backward(gradient, x, *numbers)
            self.of_weights.scales[part.norm] = of_scale.to(scale.dtype)
            self.of_weights.shifts[part.norm] = of_shift.to(scale.dtype)
        return gradient

    def collect(self, gradient: Tensor, x: Tensor, layer: StageLayer, part: StagePart) -> None:
        """Add what a layer contributes to the gradients of the outputs that it reads.

        Args:
            gradient: of the result of the layer's first norm, or of what the layer reads.
            x: what the layer reads.
            layer: the layer.
            part: its first part.
        """
        if part.norm < 0:
            self.add(gradient, None, layer)
            return
        mean, variance = stage_of_norm(layer, part, self.kept)
        eps, scale = self.eps[part.norm], self.weights.scales[part.norm]
        of_scale, of_shift = stage_norm_sums(gradient, x, mean, variance, eps)
        self.of_weights.scales[part.norm] = of_scale.to(scale.dtype)
        self.of_weights.shifts[part.norm] = of_shift.to(scale.dtype)
        inverse = (variance + eps).rsqrt()
        factor = inverse * scale
        self.add(gradient, factor, layer)
        stage_spread(self.first, factor * of_shift, layer.reads)
        stage_spread(self.second, factor * inverse * of_scale, layer.reads)

    def add(self, gradient: Tensor, factor: Tensor | None, layer: StageLayer) -> None:
        """Add the gradient of what a layer reads to the gradient buffer.

        Args:
            gradient: of what the layer reads, or of the result of its first norm.
            factor: what the norm multiplies each channel by; None without a norm.
            layer: the layer.
        """
        position = 0
        for start, end in layer.reads:
            here = slice(position, position := position + end - start)
            target, part = self.gradients[:, start:end], gradient[:, here]
            if factor is None:
                target.add_(part)
            elif factor.dtype == part.dtype:
                target.addcmul_(part, stage_along(factor[here], part))
            else:  # the product is rounded once
                target.add_(part * stage_along(factor[here], part))

    def settle(self, place: tuple[int, int]) -> Tensor:
        """Return the gradient of an output, from all of its readers."""
        start, end = place
        gradient, x = self.gradients[:, start:end], self.kept.buffer[:, start:end]
        if not self.plan.normalised:
            return gradient.contiguous(memory_format=stage_layout(self.kept.buffer))
        values = x.numel() // x.shape[1]
        mean, first, second = (
            stage_along(numbers[start:end], x)
            for numbers in (self.kept.means[0], self.first, self.second)
        )
        correction = (x - mean).mul_(second).add_(first).div_(values)
        settled = gradient.sub(correction).to(x.dtype)
        return settled.contiguous(memory_format=stage_layout(self.kept.buffer))


def stage_spread(totals: Tensor, numbers: Tensor, runs: tuple[tuple[int, int], ...]) -> None:
    """Add a layer's number of each channel that it reads to the totals.

    Args:
        totals: one number per channel of the buffer.
        numbers: one number per channel that the layer reads.
        runs: these channels.
    """
    position = 0
    for start, end in runs:
        totals[start:end] += numbers[position : (position := position + end - start)]
