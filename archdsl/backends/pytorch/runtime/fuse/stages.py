"""How a stage is recorded, one record for each way; pasted into emitted files."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.fuse.layers import fused_add, fused_add_relu
from archdsl.backends.pytorch.runtime.fuse.recorder import FusedRecorder


class BufferStage(NamedTuple):
    """A stage that concatenates: each output has its channels in a buffer, where units read it."""

    outputs: Any  # the class that keeps outputs, by device
    widths: Any  # the channels of each output, as runs of (first, step, count)
    starts: Any  # the first channel of each output in the buffer, as such runs

    def record(self, recorder: FusedRecorder, stage: Any, values: list[int]) -> list[int]:
        """Record a frozen stage on its input; return its output, which may be several values.

        Args:
            recorder: the recording that the calls are added to.
            stage: the `FusedStage`, which has the units and what they read.
            values: indices in the recording of the tensors that make up the input, side by side.

        Returns:
            The indices of the tensors that make up the output, side by side.

        Raises:
            RuntimeError: if an output is not of the size that the stage was planned for.
        """
        spans = [
            (start, start + width)
            for start, width in zip(
                fused_spread(self.starts), fused_spread(self.widths), strict=True
            )
        ]
        outputs = self.outputs[recorder.device](recorder, spans, values[0])
        widest = max(
            sum(spans[s][1] - spans[s][0] for s in reads) for reads in [*stage.reads, stage.exit]
        )
        n, _, h, w = recorder.shape(values[0])
        recorder.memory.reserve("gathered", n * widest * h * w)
        outputs.keep(0, values)
        for index, unit in enumerate(stage.layers):
            outputs.keep(index + 1, unit.record(recorder, outputs.read(stage.reads[index])))
        result: list[int] = outputs.read(stage.exit)
        return result


class SumStage(NamedTuple):
    """A stage that keeps one sum and adds each output to it in place."""

    relu: bool = False  # after each addition
    last: bool = False  # whether the last output is the result instead of the sum
    projected: bool = False  # whether the first unit gives a projection of the input too

    def record(self, recorder: FusedRecorder, stage: Any, values: list[int]) -> list[int]:
        """Record a frozen stage on its input; return its output.

        Args:
            recorder: the recording that the calls are added to.
            stage: the `FusedStage`, which has the units and what they read.
            values: indices in the recording of the tensors that make up the input, side by side.

        Returns:
            The index of the output, alone in a list.
        """
        units = list(stage.layers)
        if self.projected:
            shortcut, output = units.pop(0).record(recorder, values)
            total = recorder.call(fused_total, shortcut, output)
            total = recorder.update(torch.relu_, total) if self.relu else total
        else:
            output = total = recorder.call(torch.clone, recorder.join(values))
        for unit in units:
            if self.last:
                (output,) = unit.record(recorder, [total])
                total = recorder.update(fused_add_relu if self.relu else fused_add, total, output)
            else:
                total = unit.add(recorder, total, self.relu)
        return [output if self.last else total]


class ListStage(NamedTuple):
    """A stage that keeps outputs apart, and adds or averages those that a unit reads."""

    mean: bool = False
    projected: bool = False  # whether the first unit gives a projection of the input too

    def record(self, recorder: FusedRecorder, stage: Any, values: list[int]) -> list[int]:
        """Record a frozen stage on its input; return its output.

        Args:
            recorder: the recording that the calls are added to.
            stage: the `FusedStage`, which has the units and what they read.
            values: indices in the recording of the tensors that make up the input, side by side.

        Returns:
            The index of the output, alone in a list.
        """
        units = list(stage.layers)
        if self.projected:
            outputs = units.pop(0).record(recorder, values)
        else:
            outputs = [recorder.owned(recorder.join(values))]
        joined: dict[tuple[int, ...], int] = {}
        for index, reads in enumerate([*stage.reads, stage.exit]):
            key = tuple(outputs[source] for source in reads)
            if key not in joined:  # once for all units that read the same outputs
                join = fused_mean if self.mean else fused_total
                joined[key] = key[0] if len(key) == 1 else recorder.call(join, *key)
            if index < len(units):
                outputs += units[index].record(recorder, [joined[key]])
        return [joined[key]]


class LineStage(NamedTuple):
    """A stage whose units are run one after another."""

    def record(self, recorder: FusedRecorder, stage: Any, values: list[int]) -> list[int]:
        """Record a frozen stage on its input; return its output, which may be several values.

        Args:
            recorder: the recording that the calls are added to.
            stage: the `FusedStage`, which has the units and what they read.
            values: indices in the recording of the tensors that make up the input, side by side.

        Returns:
            The indices of the tensors that make up the output, side by side.
        """
        for unit in stage.layers:
            values = unit.record(recorder, values)
        return values


def fused_total(*outputs: Tensor) -> Tensor:
    """Add outputs into a new tensor."""
    total = outputs[0] + outputs[1]
    for output in outputs[2:]:
        total += output
    return total


def fused_mean(*outputs: Tensor) -> Tensor:
    """Average outputs."""
    return fused_total(*outputs).div_(len(outputs))


def fused_spread(runs: Any) -> list[int]:
    """Return the numbers of runs (first, step, count)."""
    return [first + step * index for first, step, count in runs for index in range(count)]
