"""Count how many outputs of its stage each layer receives in the graph.

The counts come from the nodes, not from the rule, so they show if a pass that shares or nests
aggregates changes what a layer receives. A running sum contains every output before it.
"""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.ir.graph import Graph, Node, Stage
from archdsl.ir.ops import Aggregate


def aggregated(graph: Graph) -> tuple[tuple[int, ...], ...]:
    """Return, per stage, how many of the outputs y_0 ... y_(l-1) layer l reads, l = 1 ... N."""
    order = list(graph)
    indices = {node.name: index for index, node in enumerate(order)}
    return tuple(
        _stage(stage, order[indices[stage.entry] + 1 : indices[stage.outputs[-1]]])
        for stage in graph.stages
    )


def most_aggregated(graph: Graph) -> int:
    """Return the largest number of outputs that any layer of the network reads."""
    return max(max(counts, default=1) for counts in aggregated(graph))


def _stage(stage: Stage, inside: Sequence[Node]) -> tuple[int, ...]:
    """Return how many outputs of the stage each layer reads.

    Args:
        stage: the stage.
        inside: the nodes between its entry and layer N. Layers of the previous stage that its exit
            does not need may be among them; they are not counted.
    """
    outputs = dict.fromkeys((stage.entry, *stage.outputs), 1)
    for node in inside:
        if node.name not in outputs:
            joins = isinstance(node.op, Aggregate)
            outputs[node.name] = sum(filter(None, map(outputs.get, node.inputs))) if joins else 1
    return tuple(outputs[name] for name in stage.reads)
