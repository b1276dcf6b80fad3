"""What a part of a layer reads, its convolution, and the way back, in plain torch."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.memory_efficient.functions import STAGE_FUNCTIONS
from archdsl.backends.pytorch.runtime.memory_efficient.outputs import (
    StageOutputs,
    stage_add,
    stage_joined,
    stage_pick,
    stage_spread,
)
from archdsl.backends.pytorch.runtime.memory_efficient.plan import StageWindow
from archdsl.backends.pytorch.runtime.memory_efficient.steps import (
    stage_along,
    stage_cast,
    stage_convolution_backward,
    stage_convolve,
    stage_exact,
    stage_norm_backward,
    stage_norm_sums,
    stage_normalise,
    stage_room,
)


class StageNorm(NamedTuple):
    """A norm: mean and variance, its weights, and eps.

    With `batch` mean and variance are those of all channels of the tensor that it reads, in the
    batch. Otherwise they are the norm's own, of the channels that it reads.
    """

    mean: Tensor
    variance: Tensor
    scale: Tensor
    shift: Tensor
    eps: float
    batch: bool


class StageTotals(NamedTuple):
    """What the readers of a stage's outputs add up.

    `gradients` are those of the outputs. `first` and `second` are the numbers of each channel that
    `settle` subtracts.
    """

    gradients: StageOutputs
    first: Tensor
    second: Tensor


class StageRead:
    """Outputs side by side, a norm and a function, each of which may be absent.

    Args:
        source: the outputs of the stage, or the result of a convolution.
        places: the channels to read, each run by its first and its end.
        norm: the norm, or nothing.
        function: a key of `STAGE_FUNCTIONS`, or nothing.
        images: those of the batch that are read.
    """

    LARGEST = 1 << 20  # numbers for each thread that are read at a time on the way back

    def __init__(
        self, source: StageOutputs, places: tuple[tuple[int, int], ...], norm: StageNorm | None,
        function: str, images: slice = slice(None),
    ) -> None:  # fmt: skip
        self.source, self.places, self.images = source, places, images
        self.norm, self.function = norm, function
        self.layout = source.layout
        self.start()

    def start(self) -> None:
        """Prepare what both passes need."""
        self.pieces = self.of_images(self.source)
        self.gathered: Tensor | None = None
        self.picked: tuple[Tensor, Tensor] | None = None

    @property
    def x(self) -> Tensor:
        """The channels side by side, which are gathered once."""
        if self.gathered is None:
            self.gathered = stage_joined(self.pieces, self.layout)
        return self.gathered

    def forward(self) -> Tensor:
        """Return the result of the function, dense, where nothing else is needed."""
        if self.norm is not None and self.spread(self.norm):
            return self.in_place(self.norm)
        y = self.output()
        self.gathered = None
        del self.before, self.y  # free their memory before a convolution
        return y

    def spread(self, norm: StageNorm) -> bool:
        """Return whether the norm takes less time piece by piece than on what is gathered.

        That is so in channels-last order, but for several pieces that caches hold: there a pass
        takes less time than a call for each of them.
        """
        piece, several = self.pieces[0], len(self.pieces) > 1
        if self.layout != torch.channels_last or piece.dtype != norm.mean.dtype:
            return False
        if several:
            return self.fills() > 1
        return not piece.is_contiguous(memory_format=self.layout)

    def in_place(self, norm: StageNorm) -> Tensor:
        """Return the result of the function without gathering first.

        Args:
            norm: the norm.
        """
        mean, variance = self.statistics(norm)
        scale = (variance + norm.eps).rsqrt() * norm.scale
        shift = norm.shift - mean * scale
        y = stage_room(self.pieces[0], len(scale), self.layout)
        widths = [x.shape[1] for x in self.pieces]
        first, factor = (stage_along(n, y).split_with_sizes(widths) for n in (shift, scale))
        parts = y.split_with_sizes(widths, 1)
        for x, a, b, out in zip(self.pieces, factor, first, parts, strict=True):
            torch.addcmul(b, x, a, out=out)
        return self.applied(y, reuse=True)

    def output(self) -> Tensor:
        """Return the result of the function, dense."""
        self.before = self.x
        if self.norm is not None:
            mean, variance = self.statistics(self.norm)
            self.before = stage_normalise(self.x, mean, variance, *self.norm[2:5])
        self.y = self.applied(self.before, reuse=self.norm is not None)
        return self.y

    def applied(self, x: Tensor, *, reuse: bool) -> Tensor:
        """Return the result of the function.

        Args:
            x: its input.
            reuse: whether the memory of the input may be used, if only the result is needed later.
        """
        if not self.function:
            return x
        function = STAGE_FUNCTIONS[self.function]
        result: Tensor = ((reuse and function.in_place) or function.apply)(x)
        return result

    def statistics(self, norm: StageNorm) -> tuple[Tensor, Tensor]:
        """Return mean and variance of the channels in the order in which they are read."""
        if self.picked is None:
            mean, variance = norm[:2]
            if norm.batch:
                mean, variance = (stage_pick(numbers, self.places) for numbers in norm[:2])
            self.picked = mean, variance
        return self.picked

    def convolve(self, weight: Tensor, bias: Tensor | None, window: StageWindow) -> Tensor:
        """Return a convolution of the output, in the layout of the source, for the forward pass.

        Args:
            weight: (channels, C / groups, ...).
            bias: (channels,), or nothing.
            window: padding, dilation and groups.
        """
        y = stage_convolve(self.forward(), weight, bias, window)
        return y.contiguous(memory_format=self.layout)  # one channel fits any layout

    def convolution_backward(
        self, gradient: Tensor, weight: Tensor, window: StageWindow, *, bias: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Take a gradient back through the convolution.

        Args:
            gradient: the gradient of the convolution's result.
            weight: its weight.
            window: padding, dilation and groups.
            bias: whether it has a bias; without, the last gradient is not computed.

        Returns:
            What `collect` or `backward` is called with next, here the gradient of the output; and
            the gradients of weight and bias.
        """
        return stage_convolution_backward(gradient, self.output(), weight, window, bias=bias)

    def parts(self) -> list[slice]:
        """Return the images to take back one after another: caches hold what is read."""
        x = self.pieces[0]
        if x.device.type != "cpu" or not stage_exact(x):
            return [slice(None)]
        parts = self.fills()
        if parts == 1:
            return [slice(None)]
        size = 1 + (len(x) - 1) // parts
        return [slice(start, start + size) for start in range(0, len(x), size)]

    def fills(self) -> int:
        """Return how often what is read fills the caches, at least 1."""
        read = sum(piece.numel() for piece in self.pieces)
        return 1 + read // (self.LARGEST * torch.get_num_threads())

    def of(self, images: slice) -> StageRead:
        """Return what is read of some images; itself for all of them."""
        if images == slice(None):
            return self
        return type(self)(self.source, self.places, self.norm, self.function, images)

    def of_images(self, outputs: StageOutputs) -> list[Tensor]:
        """Return what is read of the images, as it lies.

        Args:
            outputs: those of the stage, or their gradients.
        """
        pieces, every = outputs.read(self.places), self.images == slice(None)
        return pieces if every else [piece[self.images] for piece in pieces]

    def convolution_collect(
        self, gradient: Tensor, weight: Tensor, window: StageWindow, totals: StageTotals, *,
        bias: bool,
    ) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:  # fmt: skip
        """Take a gradient back through the convolution, and collect what follows.

        Args:
            gradient: the gradient of the convolution's result.
            weight: its weight.
            window: padding, dilation and groups.
            totals: what all readers add up.
            bias: whether it has a bias; without, the last gradient is not computed.

        Returns:
            What `collect` returns, and the gradients of weight and bias.
        """
        norms, weights, biases = [], [], []
        for images in self.parts():
            read = self.of(images)
            before, of_weight, of_bias = read.convolution_backward(
                gradient[images], weight, window, bias=bias
            )
            norms.append(read.collect(before, totals))
            weights.append(of_weight)
            biases.append(of_bias)
        of_norm = tuple(map(stage_sum, zip(*norms, strict=True)))
        return of_norm, stage_sum(weights), stage_sum(biases) if bias else biases[0]

    def masked(self, gradient: Tensor) -> Tensor:
        """Return the gradient before the function; that of its result may be overwritten."""
        if not self.function:
            return gradient
        function = STAGE_FUNCTIONS[self.function]
        result: Tensor = function.backward(gradient, self.y if function.in_place else self.before)
        return result

    def collect(self, gradient: Tensor, totals: StageTotals) -> tuple[Tensor, ...]:
        """Add what this reader contributes to the gradients of the buffer's channels.

        Args:
            gradient: the gradient of the output, which is overwritten.
            totals: what all readers add up.

        Returns:
            The gradients of scale and shift of the norm, if there is one.
        """
        gradient = self.masked(gradient)
        targets = self.of_images(totals.gradients)
        if self.norm is None:
            stage_add(targets, gradient, None)
            return ()
        mean, variance = self.statistics(self.norm)
        inverse = (variance + self.norm.eps).rsqrt()
        of_scale, of_shift = stage_norm_sums(gradient, self.x, mean, inverse)
        factor = inverse * self.norm.scale
        stage_add(targets, gradient, factor)
        if self.norm.batch:
            stage_spread(totals.first, factor * of_shift, self.places)
            stage_spread(totals.second, factor * inverse * of_scale, self.places)
        return of_scale, of_shift

    def backward(self, gradient: Tensor) -> tuple[Tensor, ...]:
        """Return the gradients of what is read, of scale and of shift, where it has one reader.

        Args:
            gradient: the gradient of the output, which is overwritten.
        """
        gradient = self.masked(gradient)
        if self.norm is None:
            return (gradient,)
        mean, variance, scale, _, eps, batch = self.norm
        return stage_norm_backward(gradient, self.x, mean, variance, scale, eps, batch)

    @staticmethod
    def settle(
        outputs: StageOutputs, mean: Tensor, totals: StageTotals, place: tuple[int, int]
    ) -> Tensor:
        """Return the gradient of an output, dense, from all of its readers.

        Args:
            outputs: those of the stage.
            mean: the mean of each of their channels.
            totals: what their readers added up.
            place: the channels of the output, the first and the end.
        """
        gradient, x = totals.gradients.output(place), outputs.output(place)
        here, values = slice(*place), x.numel() // x.shape[1]
        mean, first, second = (
            stage_along(numbers[here], x) for numbers in (mean, totals.first, totals.second)
        )
        correction = torch.addcmul(first, x - mean, second)
        settled = stage_cast(gradient.sub(correction, alpha=1 / values), x.dtype)
        return settled.contiguous(memory_format=outputs.layout)


def stage_sum(parts: list[Tensor] | tuple[Tensor, ...]) -> Tensor:
    """Return the sum of the gradients that parts of a batch give; it may be the first of them."""
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total
