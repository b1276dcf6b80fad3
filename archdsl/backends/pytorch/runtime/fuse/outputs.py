"""Where the outputs of a stage that concatenates are kept; pasted into emitted files."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from archdsl.backends.pytorch.runtime.fuse.recorder import FusedRecorder


class FusedOutputs:
    """The outputs of a stage, each with its range of channels; a subclass says where they lie."""

    def __init__(self, recorder: FusedRecorder, spans: list[tuple[int, int]], like: int) -> None:
        self.recorder, self.spans = recorder, spans
        self.n, _, self.h, self.w = recorder.shape(like)
        self.channels = max(end for _, end in spans)

    def keep(self, output: int, values: list[int]) -> None:
        """Keep an output, which may be several values side by side.

        Args:
            output: the number of the output in its stage; the input is 0.
            values: indices in the recording of the tensors that make it up.

        Raises:
            RuntimeError: if it is not of the size that the stage was planned for.
        """
        start, end = self.spans[output]
        shapes = [self.recorder.shape(value) for value in values]
        fits = all((n, *sides) == (self.n, self.h, self.w) for n, _, *sides in shapes)
        if not fits or sum(shape[1] for shape in shapes) != end - start:
            wanted = (self.n, end - start, self.h, self.w)
            raise RuntimeError(f"output {output} of a stage has shape {shapes}, not {wanted}")
        self.write(output, values)

    def write(self, output: int, values: list[int]) -> None:
        """Put an output where it belongs.

        Args:
            output: the number of the output in its stage; the input is 0.
            values: indices in the recording of the tensors that make it up.
        """
        raise NotImplementedError

    def read(self, sources: Any) -> list[int]:
        """Return values that hold these outputs side by side."""
        raise NotImplementedError


class FusedApart(FusedOutputs):
    """Outputs that stay where they were made, until their last use."""

    def __init__(self, recorder: FusedRecorder, spans: list[tuple[int, int]], like: int) -> None:
        super().__init__(recorder, spans, like)
        self.outputs: list[list[int]] = []

    def write(self, output: int, values: list[int]) -> None:
        """Keep the values themselves."""
        self.outputs.append([self.recorder.owned(value) for value in values])

    def read(self, sources: Any) -> list[int]:
        """Return the values of some outputs."""
        return [value for source in sources for value in self.outputs[source]]


class FusedPrefix(FusedOutputs):
    """Outputs side by side along the channels of one tensor; neighbours are read as one slice."""

    def __init__(self, recorder: FusedRecorder, spans: list[tuple[int, int]], like: int) -> None:
        super().__init__(recorder, spans, like)
        shape = (self.n, self.channels, self.h, self.w)
        self.maps = recorder.memory.maps(recorder.memory.stage_block(), shape)

    def write(self, output: int, values: list[int]) -> None:
        """Copy an output into its channels."""
        start, _ = self.spans[output]
        for value in values:
            end = start + self.recorder.shape(value)[1]
            self.recorder.call(self.maps[:, start:end].copy_, value)
            start = end
        self.recorder.free(values)

    def read(self, sources: Any) -> list[int]:
        """Return slices that hold some outputs, neighbours in one piece."""
        ranges: list[tuple[int, int]] = []
        for start, end in (self.spans[source] for source in sources):
            if ranges and ranges[-1][1] == start:
                start = ranges.pop()[0]
            ranges.append((start, end))
        return [self.recorder.constant(self.maps[:, start:end]) for start, end in ranges]


class FusedPlanar(FusedOutputs):
    """Outputs in one block of memory, each a dense map of its own: kernels find them by offset."""

    def __init__(self, recorder: FusedRecorder, spans: list[tuple[int, int]], like: int) -> None:
        super().__init__(recorder, spans, like)
        self.rows = self.n * self.h * self.w
        block = recorder.memory.stage_block()
        self.memory = recorder.memory.numbers(block, self.channels * self.rows)

    def slot(self, output: int) -> Tensor:
        """Return the map of an output."""
        start, end = self.spans[output]
        numbers = self.memory[start * self.rows : end * self.rows]
        return numbers.view(self.n, self.h, self.w, end - start).permute(0, 3, 1, 2)

    def write(self, output: int, values: list[int]) -> None:
        """Copy an output into its map."""
        self.recorder.call(self.slot(output).copy_, self.recorder.join(values))
        self.recorder.free(values)

    def read(self, sources: Any) -> list[int]:
        """Return the maps of some outputs."""
        return [self.recorder.constant(self.slot(source)) for source in sources]
