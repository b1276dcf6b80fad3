"""What a stage's operator has to know beside its tensors. It is passed as text."""

from __future__ import annotations

from functools import cache
from itertools import accumulate, count
from json import dumps, loads
from typing import Any, NamedTuple

from torch import nn


class StageActivation(NamedTuple):
    """A norm, by its name in the unit, a function, both in this order, or neither.

    The function is a key of `STAGE_FUNCTIONS`.
    """

    norm: str = ""
    function: str = ""


class StageUnit(NamedTuple):
    """A unit: its convolutions by name, and an activation before each and after the last.

    `dropout` is the probability of a dropout at the end, or the attribute of the unit that has it.
    """

    activations: tuple[StageActivation, ...]
    convolutions: tuple[str, ...]
    dropout: float | str = 0.0


class StageWindow(NamedTuple):
    """The numbers of a convolution of stride 1."""

    padding: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    groups: int = 1


class StagePart(NamedTuple):
    """A norm, a function and a convolution in this order, each of which may be absent.

    `norm`, `convolution` and `bias` are places in the lists of all layers' weights, -1 if there is
    none.
    `input` is the place of the kept tensor that the part reads, and `statistics` that of the norm's
    mean and variance. The first part of a layer reads the buffer: `input` is -1, `statistics` 0.
    """

    norm: int
    statistics: int
    function: str
    convolution: int
    bias: int
    window: StageWindow
    input: int


class StageLayer(NamedTuple):
    """A layer: what it computes, and channels of the outputs, by the first and the end.

    It reads the outputs of `reads` in this order, and writes that of `writes`.
    """

    reads: tuple[tuple[int, int], ...]
    writes: tuple[int, int]
    parts: tuple[StagePart, ...]


class StagePlan(NamedTuple):
    """The layers of a stage, and the channels of all of its outputs together."""

    channels: int
    layers: tuple[StageLayer, ...]


@cache
def stage_plan(text: str) -> StagePlan:
    """Return the plan that `stage_text` wrote."""
    channels, layers = loads(text)
    return StagePlan(channels, tuple(stage_layer(*layer) for layer in layers))


def stage_layer(reads: list[Any], writes: list[int], parts: list[Any]) -> StageLayer:
    """Return a layer from the lists of its fields.

    Args:
        reads: the channels of each output that it reads.
        writes: the channels that it writes.
        parts: lists of the fields of each part.
    """
    filled = []
    for part in map(StagePart._make, parts):
        padding, dilation, groups = part.window
        window = StageWindow(tuple(padding), tuple(dilation), groups)
        filled.append(part._replace(window=window))
    places = tuple((start, end) for start, end in reads)
    return StageLayer(places, (writes[0], writes[1]), tuple(filled))


def stage_text(
    units: list[StageUnit], modules: list[nn.Module], widths: list[int], reads: list[list[int]]
) -> str:
    """Return the plan of a stage as text.

    Args:
        units: what each layer computes.
        modules: the layers.
        widths: channels of the outputs y_0, y_1, ...
        reads: the outputs that each layer reads.
    """
    ends = list(accumulate(widths))
    places = list(zip([0, *ends], ends, strict=False))
    counts = {name: count() for name in ("norm", "convolution", "bias", "input")}
    counts["statistics"] = count(1)
    layers = []
    for index, (unit, module) in enumerate(zip(units, modules, strict=True)):
        parts = tuple(stage_parts(unit, module, counts))
        writes, *read = (places[output] for output in (index + 1, *reads[index]))
        layers.append(StageLayer(tuple(read), writes, parts))
    return dumps(StagePlan(sum(widths), tuple(layers)))


def stage_parts(
    unit: StageUnit, module: nn.Module, counts: dict[str, count[int]]
) -> list[StagePart]:
    """Return the parts of a layer.

    Args:
        unit: what the layer computes.
        module: the layer.
        counts: the next place in each list, which is taken.
    """
    parts = []
    for place, activation in enumerate(unit.activations):
        last = place == len(unit.convolutions)
        if last and activation == StageActivation():
            break
        convolution: Any = None if last else getattr(module, unit.convolutions[place])
        inner = place > 0
        parts.append(
            StagePart(
                next(counts["norm"]) if activation.norm else -1,
                next(counts["statistics"]) if inner and activation.norm else 0,
                activation.function,
                -1 if last else next(counts["convolution"]),
                -1 if last or convolution.bias is None else next(counts["bias"]),
                stage_window(convolution),
                next(counts["input"]) if inner else -1,
            )
        )
    return parts


def stage_window(convolution: Any) -> StageWindow:
    """Return the numbers of a convolution."""
    if convolution is None:
        return StageWindow()
    return StageWindow(convolution.padding, convolution.dilation, convolution.groups)


@cache
def stage_merged(places: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Return runs of channels, neighbours as one run.

    Args:
        places: the channels, each run by its first and its end.
    """
    runs: list[tuple[int, int]] = []
    for start, end in places:
        if runs and runs[-1][1] == start:
            start = runs.pop()[0]
        runs.append((start, end))
    return tuple(runs)


def stage_scattered(plan: StagePlan) -> bool:
    """Return whether layers read many runs of channels with other channels in between.

    On a CPU each output is then a map of its own. Few channels of a wide buffer are slow to read:
    its other channels lie between two pixels.
    """
    reads = [layer.reads for layer in plan.layers]
    runs = sum(len(stage_merged(read)) for read in reads)
    return sum(map(len, reads)) < 2 * runs and runs > len(reads)
