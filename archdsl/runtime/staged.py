"""How a stage is run for inference; pasted into emitted files.

Parts of a network take tensors that stand side by side along the channels, and give such.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from archdsl.runtime.folded import fused_join


class FusedPlain:
    """A part that is run as it is."""

    def __init__(self, module: nn.Module, layers: list[Any]) -> None:
        self.module = module

    def run(self, parts: list[Tensor]) -> list[Tensor]:
        """What the module makes of the parts side by side."""
        return [self.module(fused_join(parts))]


class FusedChain:
    """Steps: the first takes tensors that stand side by side, the others one."""

    def __init__(self, steps: list[Any]) -> None:
        self.steps = steps

    def run(self, parts: list[Tensor]) -> list[Tensor]:
        """The steps, one after another."""
        for step in self.steps:
            parts = [step.run(parts)]
        return parts


class FusedBuffer:
    """A stage that concatenates: every output has its place, every layer gathers from there."""

    def __init__(self, stage: Any, layers: list[Any], widths: Any, places: Any) -> None:
        self.layers, self.places = layers, fused_spread(places)
        sizes = fused_spread(widths)
        ends = [place + size for place, size in zip(self.places, sizes, strict=True)]
        self.channels = max(ends)
        self.gathers = [
            fused_ranges([(self.places[source], ends[source]) for source in reads])
            for reads in [*stage.reads, stage.exit]
        ]

    def run(self, parts: list[Tensor]) -> list[Tensor]:
        """What leaves the stage, as slices of the buffer."""
        first = parts[0]
        shape = (first.shape[0], self.channels, first.shape[2], first.shape[3])
        buffer = torch.empty(shape, memory_format=torch.channels_last)
        self.keep(buffer, 0, parts)
        for index, layer in enumerate(self.layers):
            read = [buffer[:, start:end] for start, end in self.gathers[index]]
            self.keep(buffer, index + 1, layer.run(read))
        return [buffer[:, start:end] for start, end in self.gathers[-1]]

    def keep(self, buffer: Tensor, output: int, parts: list[Tensor]) -> None:
        """Write an output to its place."""
        start = self.places[output]
        for part in parts:
            buffer[:, start : start + part.shape[1]] = part
            start += part.shape[1]


class FusedSum:
    """A stage that keeps a sum and adds to it in place; a ReLU after each sum if it has one."""

    def __init__(self, stage: Any, layers: list[Any], relu: bool, last: bool) -> None:
        self.layers, self.relu, self.last = layers, relu, last

    def run(self, parts: list[Tensor]) -> list[Tensor]:
        """The sum, or the last output where that is what leaves."""
        total = fused_join(parts).clone(memory_format=torch.channels_last)
        output = total
        for layer in self.layers:
            made: Any = fused_join(layer.run([total]))
            # A first layer that projects what enters gives that too.
            total, output = made if isinstance(made, tuple) else (total, made)
            total += output
            if self.relu:
                total.relu_()
        return [output if self.last else total]


class FusedList:
    """A stage that keeps its outputs apart, and adds or averages what each layer reads."""

    def __init__(self, stage: Any, layers: list[Any], mean: bool, projected: bool) -> None:
        self.first, self.layers = (layers[:1], layers[1:]) if projected else ([], layers)
        self.mean = mean
        self.reads = [tuple(reads) for reads in [*stage.reads, stage.exit]]

    def run(self, parts: list[Tensor]) -> list[Tensor]:
        """What leaves the stage."""
        outputs = [fused_join(parts)]
        for layer in self.first:  # it gives the projection of what enters too
            outputs = list(fused_join(layer.run(parts)))
        known: dict[tuple[int, ...], Tensor] = {}
        for layer, reads in zip(self.layers, self.reads[:-1], strict=True):
            outputs.append(fused_join(layer.run([self.join(outputs, known, reads)])))
        return [self.join(outputs, known, self.reads[-1])]

    def join(
        self, outputs: list[Tensor], known: dict[tuple[int, ...], Tensor], reads: tuple[int, ...]
    ) -> Tensor:
        """One tensor of its own, which is added to in place; made once for all that read it."""
        if len(reads) == 1:
            return outputs[reads[0]]
        if reads not in known:
            total = outputs[reads[0]] + outputs[reads[1]]
            for source in reads[2:]:
                total += outputs[source]
            known[reads] = total / len(reads) if self.mean else total
        return known[reads]


class FusedLine:
    """A stage whose layers follow each other."""

    def __init__(self, stage: Any, layers: list[Any]) -> None:
        self.layers = layers

    def run(self, parts: list[Tensor]) -> list[Tensor]:
        """The last output."""
        for layer in self.layers:
            parts = layer.run(parts)
        return parts


def fused_spread(runs: list[tuple[int, int, int]]) -> list[int]:
    """Numbers from runs of (first, step, count)."""
    return [first + step * index for first, step, count in runs for index in range(count)]


def fused_ranges(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same channels in the same order, neighbours as one range."""
    made: list[tuple[int, int]] = []
    for start, end in ranges:
        if made and made[-1][1] == start:
            made[-1] = (made[-1][0], end)
        else:
            made.append((start, end))
    return made
