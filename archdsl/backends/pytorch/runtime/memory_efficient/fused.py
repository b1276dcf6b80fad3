"""What a part of a layer reads, and the way back, by Triton kernels on an accelerator."""

from __future__ import annotations

from functools import cache
from math import gcd
from typing import Any

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.memory_efficient.kernels import stage_kernels
from archdsl.backends.pytorch.runtime.memory_efficient.outputs import StageOutputs
from archdsl.backends.pytorch.runtime.memory_efficient.plan import stage_merged
from archdsl.backends.pytorch.runtime.memory_efficient.read import StageNorm, StageRead, StageTotals
from archdsl.backends.pytorch.runtime.memory_efficient.steps import stage_layout, stage_room


def stage_triton(buffer: Tensor) -> bool:
    """Return whether Triton runs the steps of a stage with this buffer.

    Kernels read (N, C, H, W) in channels-last order, and compute in float32. Triton needs compute
    capability 8.0.
    """
    dtypes = (torch.float32, torch.float16, torch.bfloat16)
    if not buffer.is_cuda or buffer.dtype not in dtypes:
        return False
    if stage_layout(buffer) != torch.channels_last:
        return False
    supported = torch.cuda.get_device_capability(buffer.device) >= (8, 0)
    return supported and bool(stage_kernels())


class StageTable:
    """Channels to read, in pieces of at most `block`; see `kernels.py`.

    Args:
        places: the channels, each run by its first and its end.
        width: the channels of the tensor that is read.
        device: where the table is needed.
    """

    def __init__(
        self, places: tuple[tuple[int, int], ...], width: int, device: torch.device
    ) -> None:
        runs = stage_merged(places)
        narrowest = min(end - start for start, end in runs)
        self.block = min(64, max(16, 1 << (narrowest - 1).bit_length()))
        self.rows = 2048 // self.block
        self.pieces: list[list[int]] = []
        self.width, self.channels = width, 0
        for start, end in runs:
            for source in range(start, end, self.block):
                count = min(self.block, end - source)
                self.pieces.append([source, self.channels, count])
                self.channels += count
        self.tensor = torch.tensor(self.pieces, device=device)
        # What all of these are multiples of: a kernel then reads 16 bytes at a time.
        self.even = gcd(16, width, *(number for piece in self.pieces for number in piece))

    def steps(self, rows: int, high: int) -> int:
        """Return how many tiles a program adds up: up to 16, if enough programs run.

        Args:
            rows: the rows of the tensor.
            high: the rows of a tile.
        """
        steps, programs = 1, 4 * 132
        while steps < 16 and -(-rows // (2 * steps * high)) * len(self.pieces) >= programs:
            steps *= 2
        return steps

    def launch(
        self, kernel: str, x: Tensor, grid: tuple[int, ...], arguments: tuple[Any, ...],
        **constants: Any,
    ) -> None:  # fmt: skip
        """Run a kernel.

        Args:
            kernel: its name.
            x: the tensor that is read, or its sums.
            grid: the programs to run.
            arguments: what the kernel gets before its counts of channels.
            constants: what it is compiled for, except for the sizes of a tile if they are usual.
        """
        shape = {"EVEN": self.even, "BM": self.rows, "BK": self.block, **constants}
        counts = (self.width // self.even, self.channels // self.even)
        with torch.cuda.device_of(x):
            stage_kernels()[kernel][grid](*arguments, *counts, **shape)


@cache
def stage_table(
    places: tuple[tuple[int, int], ...], width: int, device: torch.device
) -> StageTable:
    """Return a table; copying it to the device waits for the device, so that is done once.

    Args:
        places: the channels to read.
        width: the channels of the tensor that is read.
        device: where the table is needed.
    """
    return StageTable(places, width, device)


class StageFusedRead(StageRead):
    """Channels of a tensor, a norm and a ReLU. What is gathered and normalised is not kept."""

    def start(self) -> None:
        """Look up the table of the channels."""
        self.buffer = stage_dense(self.source.tensor)
        self.table = stage_table(self.places, self.buffer.shape[1], self.buffer.device)
        self.numbers: tuple[Any, ...] = (*4 * (self.buffer,), 0.0)  # which are not read
        if self.norm is not None:
            pair = (self.widened(numbers) for numbers in self.norm[:2])
            self.numbers = (*(self.norm[:2] if self.norm.batch else pair), *self.norm[2:5])
        self.kinds = {"NORM": self.norm is not None, "RELU": self.function == "relu"}

    def widened(self, numbers: Tensor) -> Tensor:
        """Return numbers of the channels that are read at the places of these in the source."""
        wide, position = numbers.new_empty(self.table.width), 0
        for start, end in self.places:
            wide[start:end] = numbers[position : (position := position + end - start)]
        return wide

    def forward(self) -> Tensor:
        """Return the result of the ReLU, dense."""
        return self.output()

    def parts(self) -> list[slice]:
        """Return the images to take back one after another: all together."""
        return [self.images]

    def output(self) -> Tensor:
        """Return the result of the ReLU, dense."""
        out = stage_room(self.buffer, self.table.channels)
        rows = stage_rows(out)
        arguments = (self.buffer, self.table.tensor, *self.numbers, out, rows)
        grid = (-(-rows // self.table.rows), len(self.table.pieces))
        self.table.launch("activate", out, grid, arguments, **self.kinds)
        return out

    def collect(self, gradient: Tensor, totals: StageTotals) -> tuple[Tensor, ...]:
        """Add what this reader contributes to the gradients of the buffer's channels.

        Args:
            gradient: the gradient of the output.
            totals: what all readers add up.

        Returns:
            The gradients of scale and shift of the norm, if there is one.
        """
        return self.pull(stage_dense(gradient), totals, add=True)

    def backward(self, gradient: Tensor) -> tuple[Tensor, ...]:
        """Return the gradients of what is read, of scale and of shift, where it has one reader.

        Args:
            gradient: the gradient of the output, which is overwritten.
        """
        gradient = stage_dense(gradient)
        before = self.room(gradient)
        if self.norm is None:
            self.pull(gradient, StageTotals(StageOutputs(before), before, before), add=False)
            return (before,)
        first, second = torch.zeros_like(self.norm.mean.expand(2, -1)).unbind()
        totals = StageTotals(StageOutputs(before), first, second)
        sums = self.pull(gradient, totals, add=False)
        return stage_settled(self.buffer, self.norm, totals, self.table, scaled=True), *sums

    def room(self, gradient: Tensor) -> Tensor:
        """Return where the gradient before the ReLU is stored: where that of the output was."""
        return gradient

    def pull(self, gradient: Tensor, totals: StageTotals, *, add: bool) -> tuple[Tensor, ...]:
        """Take a gradient back through the ReLU and the norm, but for what `settle` subtracts.

        Args:
            gradient: the gradient of the output, dense.
            totals: what all readers add up.
            add: whether to add to the gradients of the totals, instead of storing the gradient
                before the ReLU there, dense.

        Returns:
            The gradients of scale and shift of the norm, if there is one.
        """
        table, rows = self.table, stage_rows(gradient)
        steps = table.steps(rows, table.rows)
        tiles = -(-rows // (table.rows * steps))
        sums = self.sums(tiles)
        target = totals.gradients.tensor
        arguments = (gradient, self.buffer, table.tensor, *self.numbers, target, sums)
        grid, kinds = (tiles, len(table.pieces)), {**self.kinds, "ADD": add, "STEPS": steps}
        table.launch("collect", gradient, grid, (*arguments, rows), **kinds)
        return self.added(sums, totals)

    def sums(self, tiles: int) -> Tensor:
        """Return room for the sums of a norm's gradients over the rows of each tile."""
        shape = (tiles if self.norm else 0, 2, self.table.channels)
        return torch.empty(shape, dtype=torch.float32, device=self.buffer.device)

    def added(self, sums: Tensor, totals: StageTotals) -> tuple[Tensor, ...]:
        """Add up the sums of all tiles.

        Args:
            sums: the sums, (tiles, 2, channels).
            totals: what all readers add up, to which the part of a norm of the batch is added.

        Returns:
            The gradients of scale and shift of the norm, if there is one.
        """
        if self.norm is None:
            return ()
        table = self.table
        of_norm = sums.new_empty(2, table.channels)
        pair = totals[1:] if self.norm.batch else sums.new_empty(2, table.width).unbind()  # unused
        arguments = (sums, table.tensor, *self.numbers, of_norm, *pair, len(sums))
        table.launch("sum", sums, (1, len(table.pieces)), arguments)
        return tuple(of_norm.unbind())

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
        buffer = outputs.tensor
        table = stage_table((place,), buffer.shape[1], buffer.device)
        numbers = StageNorm(*4 * (mean,), 0.0, batch=True)
        return stage_settled(buffer, numbers, totals, table, scaled=False)


def stage_settled(
    x: Tensor, norm: StageNorm, totals: StageTotals, table: StageTable, *, scaled: bool
) -> Tensor:
    """Return gradients of channels less what norms of the batch subtract, dense.

    Args:
        x: the tensor that has the channels.
        norm: the norm, of which only the mean is read unless `scaled`.
        totals: the gradients, and what to subtract.
        table: the channels.
        scaled: whether the gradients are those of a norm that is the only reader, so that they
            are multiplied by scale / deviation first.
    """
    out = stage_room(x, table.channels)
    rows = stage_rows(x)
    arguments = (
        totals.gradients.tensor,
        x,
        table.tensor,
        *norm[:5],
        totals.first,
        totals.second,
        out,
        rows,
    )
    grid = (-(-rows // table.rows), len(table.pieces))
    table.launch("settle", x, grid, arguments, NORM=scaled)
    return out


def stage_dense(x: Tensor) -> Tensor:
    """Return a tensor in channels-last order, a copy if it is not."""
    return x.contiguous(memory_format=torch.channels_last)


def stage_rows(x: Tensor) -> int:
    """Return the number of pixels of all samples."""
    return x.numel() // x.shape[1]
