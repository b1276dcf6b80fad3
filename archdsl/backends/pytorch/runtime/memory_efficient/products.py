"""1x1 convolutions in the kernels that compute what they read, and the way back."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.memory_efficient.fused import (
    StageFusedRead,
    stage_dense,
    stage_rows,
    stage_triton,
)
from archdsl.backends.pytorch.runtime.memory_efficient.outputs import StageOutputs
from archdsl.backends.pytorch.runtime.memory_efficient.plan import StageWindow
from archdsl.backends.pytorch.runtime.memory_efficient.read import StageRead, StageTotals
from archdsl.backends.pytorch.runtime.memory_efficient.steps import stage_room


def stage_reader(outputs: StageOutputs, function: str = "") -> type[StageRead]:
    """Return the class that reads the outputs of a stage: by kernels, or else in plain torch.

    Args:
        outputs: the outputs.
        function: what is applied to what is read; kernels have no other one than `relu`.
    """
    possible = function in {"", "relu"} and not outputs.maps
    kernels = possible and stage_triton(outputs.tensor)
    return StageProductRead if kernels else StageRead


class StageProductRead(StageFusedRead):
    """Channels of a tensor, a norm and a ReLU, and a 1x1 convolution in the same kernels.

    Neither what the convolution reads nor the gradient of that is stored. A convolution of another
    kind runs between the kernels of `StageFusedRead`.
    """

    def start(self) -> None:
        """Look up the table of the channels."""
        super().start()
        self.weight: Tensor | None = None
        self.most = 256 // self.buffer.element_size()  # so that tiles fit in 99 KiB
        self.inputs = (self.buffer, self.table.tensor, len(self.table.pieces), *self.numbers)

    def multiplies(self, weight: Tensor, window: StageWindow) -> bool:
        """Return whether kernels compute a convolution of what is read.

        Args:
            weight: its weight. If its dtype or device is not that of the source, torch's
                convolution raises the error.
            window: padding, dilation and groups.
        """
        x, pointwise = self.buffer, weight.shape[1:] == (self.table.channels, 1, 1)
        alike = (weight.dtype, weight.device) == (x.dtype, x.device)
        return pointwise and alike and not any(window.padding)

    def convolve(self, weight: Tensor, bias: Tensor | None, window: StageWindow) -> Tensor:
        """Return a convolution of the output, in the layout of the source, for the forward pass.

        Args:
            weight: (channels, C / groups, ...).
            bias: (channels,), or nothing.
            window: padding, dilation and groups.
        """
        if not self.multiplies(weight, window):
            return super().convolve(weight, bias, window)
        x, rows, outputs = self.buffer, stage_rows(self.buffer), len(weight)
        shape, last = (x.shape[0], outputs, *x.shape[2:]), torch.channels_last
        out = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=last)
        wide = stage_power(outputs, self.most)
        high = stage_high(rows, self.most, -(-outputs // wide))
        grid = (-(-rows // high) * -(-outputs // wide),)
        added = weight if bias is None else bias  # without a bias nothing is added
        arguments = (*self.inputs, stage_matrix(weight), added, out, rows, outputs)
        self.launch("convolve", grid, arguments, BIAS=bias is not None, BM=high, BN=wide)
        return out.contiguous(memory_format=self.layout)

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
            What `collect` or `backward` is called with next, and the gradients of weight and bias.
            If kernels compute the convolution, the first of them is the gradient of its result:
            the next call multiplies it by the weight.
        """
        if not self.multiplies(weight, window):
            return super().convolution_backward(gradient, weight, window, bias=bias)
        gradient, self.weight = stage_dense(gradient), stage_matrix(weight)
        of_bias = gradient.sum((0, 2, 3)) if bias else gradient.new_empty(0)
        return gradient, self.weight_gradient(gradient).view_as(weight), of_bias

    def weight_gradient(self, gradient: Tensor) -> Tensor:
        """Return the gradient of the weight, (outputs, channels).

        Sums over parts of the rows are added up in a fixed order.

        Args:
            gradient: the gradient of the convolution's result, dense.
        """
        table, rows, outputs = self.table, stage_rows(gradient), gradient.shape[1]
        high, wide = self.most // 2, stage_power(outputs, self.most)
        across = -(-outputs // wide)
        steps = stage_share(-(-rows // high), len(table.pieces) * across)
        splits = -(-rows // (high * steps))
        parts = gradient.new_empty((splits, outputs, table.channels), dtype=torch.float32)
        source, pieces, _, *numbers = self.inputs
        arguments = (gradient, source, pieces, *numbers, parts, rows, outputs, steps)
        grid = (len(table.pieces), across, splits)
        self.launch("weight_gradient", grid, arguments, BM=high, BN=wide)
        return parts.sum(0).to(gradient.dtype)

    def room(self, gradient: Tensor) -> Tensor:
        """Return where the gradient before the ReLU is stored.

        Args:
            gradient: what is taken back.
        """
        return gradient if self.weight is None else stage_room(self.buffer, self.table.channels)

    def pull(self, gradient: Tensor, totals: StageTotals, *, add: bool) -> tuple[Tensor, ...]:
        """Take a gradient back through the convolution, if kernels compute it, ReLU and norm.

        Args:
            gradient: what `convolution_backward` returned, or the gradient of the output, dense.
            totals: what all readers add up.
            add: whether to add to the gradients of the totals, instead of storing the gradient
                before the ReLU there, dense.

        Returns:
            The gradients of scale and shift of the norm, if there is one.
        """
        if self.weight is None:
            return super().pull(gradient, totals, add=add)
        table, rows, outputs = self.table, stage_rows(gradient), gradient.shape[1]
        high = stage_high(rows, self.most, len(table.pieces))
        steps = table.steps(rows, high)
        tiles = -(-rows // (high * steps))
        sums = self.sums(tiles)
        arguments = (
            gradient,
            self.weight,
            *self.inputs,
            totals.gradients.tensor,
            sums,
            rows,
            outputs,
        )
        shape = {"BM": high, "BN": stage_power(outputs, self.most // 2)}
        grid = (tiles * len(table.pieces),)
        self.launch("collect_product", grid, arguments, ADD=add, STEPS=steps, **shape)
        return self.added(sums, totals)

    def launch(
        self, kernel: str, grid: tuple[int, ...], arguments: tuple[Any, ...], **constants: Any
    ) -> None:
        """Run a kernel that multiplies.

        Args:
            kernel: its name.
            grid: the programs to run.
            arguments: what the kernel gets before its counts of channels.
            constants: what only this kernel is compiled for.
        """
        x, more = self.buffer, {**self.kinds, **constants}
        precision, wide = stage_precision(x), not x.is_cuda
        self.table.launch(
            kernel, x, grid, arguments, PRECISION=precision, WIDE=wide, num_warps=8, **more
        )


def stage_matrix(weight: Tensor) -> Tensor:
    """Return the weight of a 1x1 convolution as (outputs, channels), contiguous."""
    return weight.flatten(1).contiguous()


def stage_precision(x: Tensor) -> str:
    """Return how torch multiplies float32 in convolutions now: `tf32` or `ieee`."""
    if not x.is_cuda or torch.version.hip:
        return "ieee"
    cudnn: Any = torch.backends.cudnn
    kind = cudnn.conv.fp32_precision if hasattr(cudnn, "conv") else ""
    return "tf32" if kind == "tf32" or (not kind and cudnn.allow_tf32) else "ieee"


def stage_power(count: int, most: int) -> int:
    """Return a power of two that is not less than a count, from 16 up to the most.

    Args:
        count: the count.
        most: a power of two.
    """
    return min(most, max(16, 1 << (count - 1).bit_length()))


def stage_high(rows: int, most: int, across: int) -> int:
    """Return the rows of a tile: the most, unless a large accelerator would be idle then.

    Args:
        rows: the rows of the tensor.
        most: a power of two, at least 32.
        across: the number of programs for the same rows.
    """
    high = most
    while high > 32 and -(-rows // high) * across < 132:
        high //= 2
    return high


def stage_share(tiles: int, programs: int) -> int:
    """Return how many tiles a program adds up: all, unless a large accelerator would be idle then.

    Args:
        tiles: the number of tiles of rows.
        programs: the number of programs for the same rows.
    """
    return -(-tiles // max(1, -(-2 * 132 // programs)))
