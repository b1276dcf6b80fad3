"""How a stage is run on a tape, one function for each way; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from archdsl.runtime.fuse.tape import FusedTape, fused_add, fused_add_relu


def fused_buffer(
    tape: FusedTape, stage: Any, parts: list[int], kinds: Any, widths: Any, places: Any
) -> list[int]:
    """A stage that concatenates: every output has its place, every layer gathers from there."""
    reads = [*stage.reads, stage.exit]
    spans = [
        (place, place + width)
        for place, width in zip(fused_spread(places), fused_spread(widths), strict=True)
    ]
    outputs = kinds[tape.device](tape, spans, parts[0])
    widest = max(sum(spans[s][1] - spans[s][0] for s in sources) for sources in reads)
    tape.reserve("gathered", parts[0], widest)
    outputs.keep(0, parts)
    for index, layer in enumerate(stage.layers):
        outputs.keep(index + 1, tape.chain(layer, outputs.read(reads[index])))
    made: list[int] = outputs.read(stage.exit)
    return made


def fused_sum(
    tape: FusedTape, stage: Any, parts: list[int], relu: bool, last: bool, projected: bool
) -> list[int]:
    """A stage that keeps a sum and adds to it in place; a ReLU after each sum if it has one."""
    layers = list(stage.layers)
    if projected:  # the first layer gives the projection of what enters too
        shortcut, output = tape.chain(layers.pop(0), parts)
        total = tape.do(fused_total, shortcut, output)
        total = tape.do(torch.relu_, total) if relu else total
    else:
        output = total = tape.do(torch.clone, tape.join(parts))
    for layer in layers:
        if last:
            (output,) = tape.chain(layer, [total])
            total = tape.do(fused_add_relu if relu else fused_add, total, output)
        else:
            total = tape.added(layer, total, relu)
    return [output if last else total]


def fused_list(
    tape: FusedTape, stage: Any, parts: list[int], mean: bool, projected: bool
) -> list[int]:
    """A stage that keeps its outputs apart, and adds or averages what each layer reads."""
    layers = list(stage.layers)
    outputs = tape.chain(layers.pop(0), parts) if projected else [tape.apart(tape.join(parts))]
    known: dict[tuple[int, ...], int] = {}
    for place, reads in enumerate([*stage.reads, stage.exit]):
        key = tuple(outputs[source] for source in reads)
        if key not in known:  # made once for all that read the same
            join = fused_mean if mean else fused_total
            known[key] = key[0] if len(key) == 1 else tape.do(join, *key)
        joined = [known[key]]
        if place < len(layers):
            outputs += tape.chain(layers[place], joined)
    return joined


def fused_line(tape: FusedTape, stage: Any, parts: list[int]) -> list[int]:
    """A stage whose layers follow each other."""
    for layer in stage.layers:
        parts = tape.chain(layer, parts)
    return parts


def fused_plain(tape: FusedTape, stage: Any, parts: list[int]) -> list[int]:
    """A stage that is run as it is."""
    return tape.plain(stage, parts)


def fused_total(*outputs: Tensor) -> Tensor:
    """The sum of some outputs, as a tensor of its own that is added to in place."""
    total = outputs[0] + outputs[1]
    for output in outputs[2:]:
        total += output
    return total


def fused_mean(*outputs: Tensor) -> Tensor:
    """The mean of some outputs."""
    return fused_total(*outputs).div_(len(outputs))


def fused_spread(runs: Any) -> list[int]:
    """Numbers from runs of (first, step, count)."""
    return [first + step * index for first, step, count in runs for index in range(count)]
