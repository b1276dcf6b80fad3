"""How a stage is recorded, one function for each way; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.fuse.layers import fused_add, fused_add_relu
from archdsl.backends.pytorch.runtime.fuse.recorder import FusedRecorder


def fused_buffer(
    recorder: FusedRecorder, stage: Any, values: list[int], kinds: Any, widths: Any, places: Any
) -> list[int]:
    """Concatenate: each output has its channels in a buffer, and each unit reads from there.

    Args:
        recorder: of a shape of input.
        stage: the frozen stage.
        values: its input.
        kinds: the class that keeps outputs, by device.
        widths: the channels of each output, as runs of (first, step, count).
        places: the first channel of each output in the buffer, as such runs.
    """
    spans = [
        (start, start + width)
        for start, width in zip(fused_spread(places), fused_spread(widths), strict=True)
    ]
    outputs = kinds[recorder.device](recorder, spans, values[0])
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


def fused_sum(
    recorder: FusedRecorder, stage: Any, values: list[int], relu: bool, last: bool, projected: bool
) -> list[int]:
    """Keep one sum and add each output to it in place.

    Args:
        recorder: of a shape of input.
        stage: the frozen stage.
        values: its input.
        relu: whether a ReLU follows each sum.
        last: whether the last output leaves instead of the sum.
        projected: whether the first unit gives a projection of the input too.
    """
    units = list(stage.layers)
    if projected:
        shortcut, output = units.pop(0).record(recorder, values)
        total = recorder.call(fused_total, shortcut, output)
        total = recorder.update(torch.relu_, total) if relu else total
    else:
        output = total = recorder.call(torch.clone, recorder.join(values))
    for unit in units:
        if last:
            (output,) = unit.record(recorder, [total])
            total = recorder.update(fused_add_relu if relu else fused_add, total, output)
        else:
            total = unit.add(recorder, total, relu)
    return [output if last else total]


def fused_list(
    recorder: FusedRecorder, stage: Any, values: list[int], mean: bool, projected: bool
) -> list[int]:
    """Keep outputs apart, and add or average those that a unit reads."""
    units = list(stage.layers)
    if projected:
        outputs = units.pop(0).record(recorder, values)
    else:
        outputs = [recorder.owned(recorder.join(values))]
    joined: dict[tuple[int, ...], int] = {}
    for index, reads in enumerate([*stage.reads, stage.exit]):
        key = tuple(outputs[source] for source in reads)
        if key not in joined:  # once for all units that read the same outputs
            join = fused_mean if mean else fused_total
            joined[key] = key[0] if len(key) == 1 else recorder.call(join, *key)
        if index < len(units):
            outputs += units[index].record(recorder, [joined[key]])
    return [joined[key]]


def fused_line(recorder: FusedRecorder, stage: Any, values: list[int]) -> list[int]:
    """Run units one after another."""
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
