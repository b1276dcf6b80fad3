"""Units, chains and widths in words, short enough to be set beside others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import assert_never

from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import (
    Activation,
    Chain,
    Conv,
    Dropout,
    Flatten,
    Layer,
    Linear,
    Norm,
    Pad,
    Pool,
    PoolTo,
)

SHOWN = 3
"""How many units of one stage are told apart in words."""


def chain_words(graph: Graph, name: str) -> str:
    """What a stem, a transition or a head does."""
    op = graph[name].op
    return layer_words(op.layers) if isinstance(op, Chain) else ""


def unit_words(graph: Graph, stage: Stage) -> str:
    """What the layers of a stage do; those that differ stand beside each other."""
    said = dict.fromkeys(chain_words(graph, name) for name in stage.layers)
    return " | ".join(list(said)[:SHOWN]) + (f" | {len(said) - SHOWN} more" * (len(said) > SHOWN))


def layer_words(layers: Sequence[Layer]) -> str:
    """`norm, relu, conv 1x1 to 48`; the width of what is read varies, and is left out."""
    return ", ".join(map(_word, layers))


def _word(layer: Layer) -> str:
    match layer:
        case Conv():
            return _conv(layer)
        case Norm():
            return "norm"
        case Activation(function=function):
            return function
        case Dropout(p=p):
            return f"dropout {p:g}"
        case Pool(kind=kind, kernel=kernel, stride=stride):
            return f"{kind} pool {kernel}x{kernel}" + (f" / {stride}" if stride != kernel else "")
        case PoolTo(kind=kind, side=side):
            return f"{kind} pool to {side}x{side}"
        case Flatten():
            return "flatten"
        case Linear(width=width, bias=bias):
            return f"linear to {width:,}" + ("" if bias else " without bias")
        case Pad(width=width, stride=stride):
            return f"pad to {width:,}" + (f" / {stride}" if stride > 1 else "")
    assert_never(layer)


def _conv(layer: Conv) -> str:
    said = f"conv {layer.kernel}x{layer.kernel} to {layer.width:,}"
    said += f" / {layer.stride}" if layer.stride > 1 else ""
    said += f" in {layer.groups} groups" if layer.groups > 1 else ""
    return said + (" with bias" if layer.bias else "")


def widths(graph: Graph, stage: Stage) -> str:
    """Features of each output y_1 ... y_N, runs of equal ones together: `12 x 16`."""
    found = [_width(graph, name) for name in stage.layers]
    return ", ".join(_runs(found))


def _width(graph: Graph, name: str) -> int:
    """The width that the last layer with weights makes; 0 if none has."""
    op = graph[name].op
    made = [layer.width for layer in op.layers if isinstance(layer, Conv | Linear | Pad)] if (
        isinstance(op, Chain)
    ) else []  # fmt: skip
    return made[-1] if made else 0


def _runs(found: Sequence[int]) -> Iterator[str]:
    runs = [(width, len(list(same))) for width, same in groupby(found)]
    for width, count in runs[:6]:
        yield f"{width:,} x {count:,}" if count > 1 else f"{width:,}"
    if len(runs) > 6:
        yield f"{len(runs) - 6} more runs"
