"""How many outputs of its stage each layer is given, as the graph has them.

Counted from the nodes, not from the rule: whoever shares or nests aggregates must leave these
numbers alone. A running sum holds every output before it.
"""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.ir.graph import Graph, Node, Stage
from archdsl.ir.ops import Aggregate


def aggregated(graph: Graph) -> tuple[tuple[int, ...], ...]:
    """For each stage, how many of the outputs y_0 ... y_(l-1) layer l reads, l = 1 ... N."""
    order = list(graph)
    places = {node.name: place for place, node in enumerate(order)}
    return tuple(
        _stage(stage, order[places[stage.entry] + 1 : places[stage.outputs[-1]]])
        for stage in graph.stages
    )


def most_aggregated(graph: Graph) -> int:
    """The most outputs that any layer of the network reads."""
    return max(max(counts, default=1) for counts in aggregated(graph))


def _stage(stage: Stage, inside: Sequence[Node]) -> tuple[int, ...]:
    """Counts of the outputs in each node that a layer reads.

    `inside` are the nodes between the entry and layer N. Layers of the stage before may stand
    among them, computed after the output that leaves it: those count nothing here.
    """
    held = dict.fromkeys((stage.entry, *stage.outputs), 1)
    for node in inside:
        if node.name not in held:
            joins = isinstance(node.op, Aggregate)
            held[node.name] = sum(filter(None, map(held.get, node.inputs))) if joins else 1
    return tuple(held[name] for name in stage.reads)
