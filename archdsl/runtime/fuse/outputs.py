"""Where the outputs of a concatenating stage are kept on a tape; pasted into emitted files."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from archdsl.runtime.fuse.tape import FusedTape


class FusedApart:
    """Outputs that stay where they were made, each a value of its own, until the last use."""

    def __init__(self, tape: FusedTape, spans: list[tuple[int, int]], like: int) -> None:
        self.tape = tape
        self.outputs: list[list[int]] = []

    def keep(self, output: int, parts: list[int]) -> None:
        """Keep an output, which may be several values side by side."""
        self.outputs.append([self.tape.apart(value) for value in parts])

    def read(self, sources: Any) -> list[int]:
        """The values of some outputs."""
        return [value for source in sources for value in self.outputs[source]]


class FusedPrefix:
    """Outputs side by side along the channels of one tensor; neighbours are read as one."""

    def __init__(self, tape: FusedTape, spans: list[tuple[int, int]], like: int) -> None:
        self.tape, self.spans = tape, spans
        n, _, h, w = tape.values[like].shape
        self.maps = tape.scratch(tape.other_stage(), (n, max(end for _, end in spans), h, w))

    def keep(self, output: int, parts: list[int]) -> None:
        """Write an output to its place."""
        start, _ = self.spans[output]
        for value in parts:
            end = start + self.tape.values[value].shape[1]
            self.tape.do(self.maps[:, start:end].copy_, value)
            start = end
        self.tape.let_go(parts)

    def read(self, sources: Any) -> list[int]:
        """Some outputs, neighbours in one piece."""
        ranges: list[tuple[int, int]] = []
        for start, end in (self.spans[source] for source in sources):
            if ranges and ranges[-1][1] == start:
                start = ranges.pop()[0]
            ranges.append((start, end))
        return [self.tape.constant(self.maps[:, start:end]) for start, end in ranges]


class FusedPlanar:
    """Outputs in one memory, each a contiguous map at its place: kernels find them by offset."""

    def __init__(self, tape: FusedTape, spans: list[tuple[int, int]], like: int) -> None:
        self.tape, self.spans = tape, spans
        self.n, _, self.h, self.w = tape.values[like].shape
        self.rows = self.n * self.h * self.w
        self.memory = tape.claim(tape.other_stage(), max(end for _, end in spans) * self.rows)

    def slot(self, output: int) -> Tensor:
        """The map of an output."""
        start, end = self.spans[output]
        numbers = self.memory[start * self.rows : end * self.rows]
        return numbers.view(self.n, self.h, self.w, end - start).permute(0, 3, 1, 2)

    def keep(self, output: int, parts: list[int]) -> None:
        """Write an output to its place."""
        self.tape.do(self.slot(output).copy_, self.tape.join(parts))
        self.tape.let_go(parts)

    def read(self, sources: Any) -> list[int]:
        """The maps of some outputs."""
        return [self.tape.constant(self.slot(source)) for source in sources]
