"""How many outputs of its stage each layer is given, as the graph has them.

Counted from the nodes, not from the rule: whoever shares or nests aggregates must leave these
numbers alone. A running sum holds every output before it.
"""

from __future__ import annotations

from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Aggregate


def aggregated(graph: Graph) -> tuple[tuple[int, ...], ...]:
    """For each stage, how many of the outputs y_0 ... y_(l-1) layer l reads, l = 1 ... N."""
    return tuple(_stage(graph, stage) for stage in graph.stages)


def most_aggregated(graph: Graph) -> int:
    """The most outputs that any layer of the network reads."""
    return max(max(counts) for counts in aggregated(graph))


def _stage(graph: Graph, stage: Stage) -> tuple[int, ...]:
    held = dict.fromkeys((*stage.outputs, stage.entry, stage.reads[0]), 1)
    return tuple(_held(graph, name, held) for name in stage.reads)


def _held(graph: Graph, name: str, held: dict[str, int]) -> int:
    """The outputs in a node: aggregates are looked into, each once, without recursion."""
    waiting = [name]
    while waiting:
        node = graph[waiting[-1]]
        missing = [source for source in node.inputs if source not in held]
        if node.name in held or not isinstance(node.op, Aggregate):
            held.setdefault(waiting.pop(), 1)
        elif missing:
            waiting += missing
        else:
            held[waiting.pop()] = sum(held[source] for source in node.inputs)
    return held[name]
