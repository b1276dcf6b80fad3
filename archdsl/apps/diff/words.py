"""Units, chains and widths in words, short enough to be set beside others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Chain, Layer

SHOWN = 3
"""How many units of one stage are told apart in words."""


def chain_words(graph: Graph, name: str) -> str:
    """What a stem, a transition or a head does."""
    op = graph[name].op
    return layer_words(op.layers) if isinstance(op, Chain) else ""


def unit_words(graph: Graph, stage: Stage) -> str:
    """Describe the units of a stage, each different one once."""
    said = dict.fromkeys(chain_words(graph, name) for name in stage.layers)
    return " | ".join(list(said)[:SHOWN]) + (f" | {len(said) - SHOWN} more" * (len(said) > SHOWN))


def layer_words(layers: Sequence[Layer]) -> str:
    """`norm, relu, conv 1x1 to 48`; the width of what is read varies, and is left out."""
    return ", ".join(layer.words() for layer in layers)


def widths(graph: Graph, stage: Stage) -> str:
    """Features of each output y_1 ... y_N, runs of equal ones together: `12 x 16`."""
    found = [_width(graph, name) for name in stage.layers]
    return ", ".join(_runs(found))


def _width(graph: Graph, name: str) -> int:
    """The width that the last layer with weights makes; 0 if none has."""
    op = graph[name].op
    layers = op.layers if isinstance(op, Chain) else ()
    widths = [width for layer in layers if (width := layer.makes()) is not None]
    return widths[-1] if widths else 0


def _runs(found: Sequence[int]) -> Iterator[str]:
    runs = [(width, len(list(same))) for width, same in groupby(found)]
    for width, count in runs[:6]:
        yield f"{width:,} x {count:,}" if count > 1 else f"{width:,}"
    if len(runs) > 6:
        yield f"{len(runs) - 6} more runs"
