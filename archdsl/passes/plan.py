"""How a network is run for inference: what is folded into what, and where every output lives.

A decision as data: the emitter prints it, and the source in `runtime/fused.py` follows it.

A norm and its ReLU before a 1x1 convolution become bounds per channel, its scale and shift part of
the weights; not before a larger one, whose padding would have to be shifted too. A norm after a
convolution is part of its weights. An average pooling after a 1x1 convolution is done before it:
both are linear, and it is done on fewer places.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archdsl.ir.graph import Stage
from archdsl.ir.ops import (
    Activation,
    Conv,
    Dropout,
    Flatten,
    Layer,
    Linear,
    Norm,
    Pool,
    PoolTo,
    Shape,
)

Step = tuple[str | int | bool, ...]
"""A word that `Fused.chain` knows in `runtime/fused.py`, and what it is given."""

Range = tuple[int, int]
"""Channels from the first to before the second."""


@dataclass(frozen=True)
class StagePlan:
    """Where each output of a concatenating stage lives in one buffer, and what is gathered.

    `places[i]` is the first channel of output i; `gathers[l - 1]` are what layer l reads, in order,
    neighbours as one range; the last of them is what leaves. An output that nobody reads any more
    leaves its place to later ones.
    """

    index: int
    widths: tuple[int, ...]
    places: tuple[int, ...]
    gathers: tuple[tuple[Range, ...], ...]

    @property
    def channels(self) -> int:
        """How wide the buffer is."""
        return max(place + width for place, width in zip(self.places, self.widths, strict=True))


def stage_plan(stage: Stage, known: Mapping[str, Shape]) -> StagePlan:
    """Place the outputs of a stage one after another, each at the first free channels."""
    widths = tuple(known[name][0] for name in stage.outputs)
    reads = [stage.sources(layer) for layer in range(1, stage.depth + 1)] + [stage.exit_sources()]
    last = {source: reader for reader, sources in enumerate(reads, start=1) for source in sources}
    places: list[int] = []
    for output, width in enumerate(widths):
        # What a layer reads last may give its place to what the layer makes: that is written after.
        alive = [
            (places[other], places[other] + widths[other])
            for other in range(output)
            if last.get(other, 0) > output
        ]
        places.append(_first_free(sorted(alive), width))
    gathers = tuple(tuple(_merged(places, widths, sources)) for sources in reads)
    return StagePlan(stage.index, widths, tuple(places), gathers)


def _first_free(taken: Sequence[Range], width: int) -> int:
    place = 0
    for start, end in taken:
        if start - place >= width:
            return place
        place = max(place, end)
    return place


def _merged(places: Sequence[int], widths: Sequence[int], sources: Sequence[int]) -> list[Range]:
    found: list[Range] = []
    for source in sources:
        start, end = places[source], places[source] + widths[source]
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def steps(layers: Sequence[Layer]) -> tuple[Step, ...] | None:
    """How a chain is run; None if it holds what is not folded, and is run as it is."""
    kept = [layer for layer in layers if not isinstance(layer, Dropout)]
    if not all(map(_known, kept)):
        return None
    return tuple(_steps(kept))


def _known(layer: Layer) -> bool:
    if isinstance(layer, Activation):
        return layer.function == "relu"
    if isinstance(layer, Norm):
        return not layer.flat
    return isinstance(layer, Conv | Pool | PoolTo | Flatten | Linear)


def _steps(layers: Sequence[Layer]) -> Iterator[Step]:
    place = 0
    while place < len(layers):
        layer, rest = layers[place], layers[place + 1 :]
        place += 1
        match layer:
            case Norm(name=name) if _bounds(rest):
                yield "clamp", name
                place += 1
                done = yield from _convolution(layers[place], layers[place + 1 :], name)
                place += 1 + done
            case Norm(name=name):
                relu = _is_relu(rest)
                yield "norm", name, relu
                place += relu
            case Conv():
                place += yield from _convolution(layer, rest, "")
            case _:
                yield _applied(layer)


def _bounds(rest: Sequence[Layer]) -> bool:
    """Whether a ReLU and a convolution follow into which a norm can be folded."""
    return _is_relu(rest) and len(rest) > 1 and _pointwise(rest[1])


def _pointwise(layer: Layer) -> bool:
    return isinstance(layer, Conv) and (layer.kernel, layer.padding, layer.groups) == (1, 0, 1)


def _is_relu(rest: Sequence[Layer]) -> bool:
    return bool(rest) and isinstance(rest[0], Activation)


def _convolution(conv: Layer, rest: Sequence[Layer], before: str) -> Generator[Step, None, int]:
    """The convolution, and how many layers after it are done with."""
    assert isinstance(conv, Conv)
    following = rest[0] if rest else None
    pooled = isinstance(following, Pool) and following.kind == "average" and not following.padding
    if following and pooled and _pointwise(conv) and conv.stride == 1:
        yield _applied(following)
        yield "conv", conv.name, before, "", False
        return 1
    after = following.name if isinstance(following, Norm) and not following.flat else ""
    relu = _is_relu(rest[bool(after) :])
    yield "conv", conv.name, before, after, relu
    return bool(after) + relu


def _applied(layer: Layer) -> Step:
    match layer:
        case Activation():
            return "layer", "relu"
        case Pool(kind=kind, kernel=kernel, stride=stride, padding=padding):
            return "layer", kind, kernel, stride, padding
        case PoolTo(kind=kind, side=side):
            return "layer", f"{kind}_to", side
        case Flatten():
            return "layer", "flatten", 1
        case Linear(name=name):
            return "linear", name
    raise AssertionError(layer)
