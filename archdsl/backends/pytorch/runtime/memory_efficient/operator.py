"""A concatenating stage as one operator, whose backward pass computes again what is cheap.

All outputs of a stage lie in one tensor. The statistics of a channel are computed once, when it is
written, for all norms that read it. Kept are the outputs, and the results of convolutions that a
norm or an activation of the same unit reads. What a layer gathers, norms and activations are
computed again.

A norm j that reads a channel x computes a_j xn_j + b_j, where xn_j = (x - mean) r_j and
r_j = (variance + eps_j)^(-1/2). With g_j the gradient of its result, the gradient of x is

    sum_j a_j r_j g_j - 1/M sum_j a_j r_j (sum g_j + xn_j sum g_j xn_j),

where inner sums are over the M values of the channel in the batch. The first sum is collected in
one gradient buffer for the stage. The second needs two numbers per channel, which are collected
too: sum_j a_j r_j sum g_j, and sum_j a_j r_j^2 sum g_j xn_j. It is subtracted once per channel.

A norm in evaluation mode has its running mean and variance in place of those of the batch. They do
not depend on x, so it adds to the first sum alone.
"""

from __future__ import annotations

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.memory_efficient.arguments import (
    StageArguments,
    StageKept,
    StageWeights,
)
from archdsl.backends.pytorch.runtime.memory_efficient.outputs import StageOutputs, stage_outputs
from archdsl.backends.pytorch.runtime.memory_efficient.plan import StageLayer, StagePart
from archdsl.backends.pytorch.runtime.memory_efficient.products import stage_reader
from archdsl.backends.pytorch.runtime.memory_efficient.read import (
    StageNorm,
    StageRead,
    StageTotals,
)
from archdsl.backends.pytorch.runtime.memory_efficient.steps import (
    stage_cast,
    stage_layout,
    stage_numbers,
    stage_statistics,
)


class StagePass:
    """What the forward and the backward pass of a stage share.

    Args:
        outputs: the outputs of the stage.
        kept: what the forward pass has computed so far.
        arguments: what the operator is given.
    """

    def __init__(self, outputs: StageOutputs, kept: StageKept, arguments: StageArguments) -> None:
        self.outputs, self.kept, self.arguments = outputs, kept, arguments
        self.plan = arguments.stage

    def read(self, layer: StageLayer, part: StagePart) -> StageRead:
        """Return what a part reads, up to its convolution.

        Args:
            layer: the layer of the part.
            part: the part.
        """
        source, places = self.outputs, layer.reads
        if part.input >= 0:
            source = StageOutputs(self.kept.tensors[part.input])
            places = ((0, source.tensor.shape[1]),)
        norm = None if part.norm < 0 else self.norm(part)
        return stage_reader(self.outputs, part.function)(source, places, norm, part.function)

    def norm(self, part: StagePart) -> StageNorm:
        """Return the norm of a part that has one."""
        arguments, kept, place = self.arguments, self.kept, part.norm
        batch, running = arguments.of_batch(place), arguments.running[place]
        weights = (arguments.scales[place], arguments.shifts[place], arguments.eps[place], batch)
        if batch:
            return StageNorm(kept.means[part.statistics], kept.variances[part.statistics], *weights)
        return StageNorm(arguments.means[running], arguments.variances[running], *weights)


class StageForward(StagePass):
    """One forward pass of a stage.

    Args:
        x: its input.
        arguments: what the operator is given.
    """

    def __init__(self, x: Tensor, arguments: StageArguments) -> None:
        channels, self.normalised = arguments.stage.channels, arguments.normalised
        mean, variance = stage_numbers(x, channels if self.normalised else 0)
        outputs = stage_outputs(x, channels, maps=arguments.maps)
        kept = StageKept(outputs.tensor, [], [mean], [variance])
        super().__init__(outputs, kept, arguments)
        self.write(x, (0, x.shape[1]))

    def run(self) -> StageKept:
        """Compute all layers."""
        masks = self.arguments.masks
        for number, layer in enumerate(self.plan.layers):
            value = self.outputs.tensor
            for part in layer.parts:
                value = self.part(value, layer, part)
            self.write(value * masks[number] if masks else value, layer.writes)
        return self.kept

    def part(self, x: Tensor, layer: StageLayer, part: StagePart) -> Tensor:
        """Return the result of a norm, a function and a convolution.

        Args:
            x: its input.
            layer: the layer.
            part: the part of it.
        """
        if part.input >= 0:
            self.kept.tensors.append(x)
            if part.norm >= 0:
                batch = self.arguments.of_batch(part.norm)
                mean, variance = stage_statistics(x) if batch else stage_numbers(x, 0)
                self.kept.means.append(mean)
                self.kept.variances.append(variance)
        read = self.read(layer, part)
        if part.convolution < 0:
            return read.forward()
        bias = self.arguments.biases[part.bias] if part.bias >= 0 else None
        return read.convolve(self.arguments.convolutions[part.convolution], bias, part.window)

    def write(self, x: Tensor, place: tuple[int, int]) -> None:
        """Store an output, and its statistics.

        Args:
            x: the output, (N, channels, ...).
            place: its channels, the first and the end.
        """
        start, end = place
        self.outputs.output(place).copy_(x)
        if self.normalised:
            self.kept.means[0][start:end], self.kept.variances[0][start:end] = stage_statistics(x)


class StageBackward(StagePass):
    """One backward pass of a stage.

    Args:
        gradient: of all outputs.
        kept: what the forward pass left.
        arguments: what the operator is given.
    """

    def __init__(self, gradient: Tensor, kept: StageKept, arguments: StageArguments) -> None:
        super().__init__(StageOutputs(kept.outputs, maps=arguments.maps), kept, arguments)
        own = gradient.clone(memory_format=stage_layout(kept.outputs))
        self.totals = StageTotals(
            StageOutputs(own, maps=arguments.maps),
            torch.zeros_like(kept.means[0]),
            torch.zeros_like(kept.means[0]),
        )
        self.of_weights = StageWeights(*map(list, arguments.weights))  # each is replaced

    def run(self) -> tuple[Tensor, StageWeights]:
        """Return the gradients of the input and of the weights."""
        masks = self.arguments.masks
        for number, layer in reversed(list(enumerate(self.plan.layers))):
            gradient = self.settle(layer.writes)
            if masks:
                gradient = gradient * masks[number]
            for part in reversed(layer.parts):
                gradient = self.part(gradient, layer, part)
        return self.settle((0, self.plan.layers[0].writes[0])), self.of_weights

    def part(self, gradient: Tensor, layer: StageLayer, part: StagePart) -> Tensor:
        """Take a gradient back through a convolution, a function and a norm.

        Args:
            gradient: of the part's result.
            layer: the layer.
            part: the part of it.
        """
        read = self.read(layer, part)
        if part.convolution < 0:
            if part.function:
                read.output()
            gradient, of_norm = self.before(read, gradient, part)
        else:
            weight, bias = self.arguments.convolutions[part.convolution], part.bias >= 0
            if part.input < 0:
                of_norm, of_weight, of_bias = read.convolution_collect(
                    gradient, weight, part.window, self.totals, bias=bias
                )
            else:
                gradient, of_weight, of_bias = read.convolution_backward(
                    gradient, weight, part.window, bias=bias
                )
                gradient, of_norm = self.before(read, gradient, part)
            self.of_weights.convolutions[part.convolution] = of_weight
            if bias:
                self.of_weights.biases[part.bias] = of_bias
        if part.norm >= 0:
            dtype = self.arguments.scales[part.norm].dtype
            self.of_weights.scales[part.norm] = stage_cast(of_norm[0], dtype)
            self.of_weights.shifts[part.norm] = stage_cast(of_norm[1], dtype)
        return gradient

    def before(
        self, read: StageRead, gradient: Tensor, part: StagePart
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Take a gradient back through a function and a norm.

        Args:
            read: what the part reads.
            gradient: of the function's result.
            part: the part.

        Returns:
            The gradient of what is read, if nothing else reads it, and those of the norm's weights.
        """
        if part.input < 0:
            return gradient, read.collect(gradient, self.totals)
        first, *of_norm = read.backward(gradient)
        return first, tuple(of_norm)

    def settle(self, place: tuple[int, int]) -> Tensor:
        """Return the gradient of an output, from all of its readers."""
        mean = self.kept.means[0]
        if len(mean):  # norms of the batch read the outputs
            return stage_reader(self.outputs).settle(self.outputs, mean, self.totals, place)
        gradient = self.totals.gradients.output(place)
        return gradient.contiguous(memory_format=self.outputs.layout)
