"""Units, chains and widths in words, short enough to be set beside others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from archdsl.counted import counted
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Chain, Layer

SHOWN = 3
"""How many units of one stage are told apart in words."""


def chain_words(graph: Graph, name: str) -> str:
    """Return the layers of a stem, a transition, a unit or a head as text.

    Args:
        graph: the network.
        name: the name of the node; the text is empty if it has no layers.
    """
    op = graph[name].op
    return layer_words(op.layers) if isinstance(op, Chain) else ""


def unit_words(graph: Graph, stage: Stage) -> str:
    """Describe the units of a stage, each different one once.

    Args:
        graph: the network.
        stage: one of its stages.

    Returns:
        The texts of up to `SHOWN` different units, separated by bars, and the number of others.
    """
    units = dict.fromkeys(chain_words(graph, name) for name in stage.layers)
    return " | ".join(list(units)[:SHOWN]) + (
        f" | {len(units) - SHOWN} more" * (len(units) > SHOWN)
    )


def layer_words(layers: Sequence[Layer]) -> str:
    """Return layers as text, such as `norm, relu, conv 1x1 to 48`.

    Input widths are left out, as they vary from layer to layer.
    """
    return ", ".join(layer.words() for layer in layers)


def widths(graph: Graph, stage: Stage) -> str:
    """Return the features of each output y_1 ... y_N; equal neighbours are written together.

    Such as `12 x 16` for 16 layers with 12 features each.

    Args:
        graph: the network.
        stage: one of its stages.
    """
    features = [_width(graph, name) for name in stage.layers]
    return ", ".join(_runs(features))


def _width(graph: Graph, name: str) -> int:
    """Return the width of the last layer that sets one; 0 if there is none."""
    op = graph[name].op
    layers = op.layers if isinstance(op, Chain) else ()
    widths = [width for layer in layers if (width := layer.makes()) is not None]
    return widths[-1] if widths else 0


def _runs(widths: Sequence[int]) -> Iterator[str]:
    runs = [(width, len(list(same))) for width, same in groupby(widths)]
    for width, count in runs[:6]:
        yield f"{width:,} x {count:,}" if count > 1 else f"{width:,}"
    if len(runs) > 6:
        yield counted(len(runs) - 6, "more run")
