"""Tables of `archdsl show` with a line for each layer or each link."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from archdsl.aligned import aligned
from archdsl.analysis.edges import Edge, count, edges
from archdsl.analysis.per_layer import LayerCost, per_layer
from archdsl.errors import fail
from archdsl.ir.graph import Graph
from archdsl.ir.shapes import show

WORD = re.compile(r"[a-z][a-z0-9_-]*")
"""What a layer is called, in front of its numbers."""

MOST_EDGES = 100_000
"""Maximum number of links that are listed."""


def layer_table(graph: Graph) -> str:
    """Return a line for each layer: output, parameters, multiply-adds and activation bytes."""
    costs = list(per_layer(graph))
    rows: list[tuple[str, ...]] = [("layer", "out", "parameters", "MACs", "bytes")]
    rows += [_layer_row(cost) for cost in costs]
    total = [sum(numbers) for numbers in zip(*map(_numbers, costs), strict=True)]
    rows.append(("total", "", *(f"{number:,}" for number in total)))
    return "\n".join(aligned(rows, "<>>>>"))


def _numbers(cost: LayerCost) -> tuple[int, int, int]:
    return cost.parameters, cost.macs, cost.activation_bytes


def _layer_row(cost: LayerCost) -> tuple[str, ...]:
    """Return the cells of a layer; one without parameters is named by its module and its word."""
    word = WORD.match(cost.layer)
    name = cost.name if cost.parameters or not word else f"{cost.name} {word[0]}"
    return (name, show(cost.shape), *(f"{number:,}" for number in _numbers(cost)))


def edge_table(graph: Graph) -> str:
    """Return a line for each link. Raise A301 for more than `MOST_EDGES` links."""
    rows = [("stage", "reader", "reads", "channels", "from")]
    rows += [
        (
            str(edge.stage),
            edge.reader_name,
            f"y_{edge.writer} {edge.writer_name}",
            f"{edge.channels:,}",
            "" if edge.first_channel is None else f"{edge.first_channel:,}",
        )
        for edge in listed(graph)
    ]
    return "\n".join(aligned(rows, "<<<>>"))


def listed(graph: Graph) -> Iterable[Edge]:
    """Return the links of a network. Raise A301 for more than `MOST_EDGES`."""
    if (links := count(graph)) > MOST_EDGES:
        raise fail(
            "A301",
            f"the network has {links:,} links to list (limit {MOST_EDGES:,})",
            help="set fewer layers with --set",
        )
    return edges(graph)


LISTS: dict[str, Callable[[Graph], Iterable[Any]]] = {"per_layer": per_layer, "edges": listed}
"""Key of `archdsl show --json` to what is listed under it."""


def as_json(graph: Graph, keys: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Return lists as plain values, ready for JSON.

    Args:
        graph: the network.
        keys: keys of `LISTS`.
    """
    return {key: [asdict(entry) for entry in LISTS[key](graph)] for key in keys}
