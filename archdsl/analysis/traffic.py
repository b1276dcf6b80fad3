"""Count the bytes that aggregations move, and those that cross each cut between layers.

For one input in float32. An aggregation of two or more outputs reads each of them once and writes
its result once; one output is read as it is, which moves nothing. Weights of aggregations, and
aggregations inside units, do not count.

A cut splits the computation in two, as pipeline parallelism does. There is one after each layer of
a stage, after the stem and after each transition; the head is one piece. Chains that make y_0 or
carry outputs over a border belong to the layer that comes next. What crosses a cut are the outputs
made before it that are read behind it, each once: aggregates are made where they are read. A
running aggregate is made where its newest output is, and crosses in place of what it holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import accumulate
from math import prod

from archdsl.analysis.shapes import trace
from archdsl.ir.graph import Graph, Node, Stage
from archdsl.ir.layers.layer import FLOAT
from archdsl.ir.ops import Aggregate, Chain


@dataclass(frozen=True, slots=True)
class Moved:
    """Bytes that aggregations read and write."""

    read: int
    written: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """Bytes that cross the cuts between layers.

    Attributes:
        largest: the largest number of bytes that cross one cut.
        after: the node in front of that cut, the first of several; None if there is no cut.
        cuts: the bytes at every cut, in the order of computation.
    """

    largest: int
    after: str | None
    cuts: tuple[int, ...]


def moved(graph: Graph) -> tuple[Moved, ...]:
    """Return the bytes that the aggregations of each stage move; a shared aggregate counts once."""
    sizes = _sizes(graph)
    return tuple(_moved(graph, stage, sizes) for stage in graph.stages)


def total(stages: Iterable[Moved]) -> Moved:
    """Return the sum over stages."""
    listed = tuple(stages)
    return Moved(sum(one.read for one in listed), sum(one.written for one in listed))


def _moved(graph: Graph, stage: Stage, sizes: dict[str, int]) -> Moved:
    names = dict.fromkeys([*stage.reads, stage.exit])
    joins = [graph[name] for name in names if isinstance(graph[name].op, Aggregate)]
    return Moved(
        sum(sizes[source] for node in joins for source in node.inputs),
        sum(sizes[node.name] for node in joins),
    )


def crossing(graph: Graph) -> Crossing:
    """Return the bytes at each cut between two consecutive layers, in time linear in the links."""
    sizes, layers = _sizes(graph), _layers(graph)
    positions = _positions(graph, layers)
    at_reader = {node.name for node in graph if _at_reader(node)}
    change: dict[int, int] = defaultdict(int)  # cut k is after layer k
    for name, last in _last(graph, positions, at_reader, len(layers) - 1).items():
        if name not in at_reader:
            change[positions[name]] += sizes[name]
            change[last] -= sizes[name]
    # The input may be read by several layers: it crosses from the first cut on.
    running = list(accumulate((change[cut] for cut in range(len(layers) - 1)), initial=change[-1]))
    cuts = tuple(running[1:])
    largest = max(cuts, default=0)
    return Crossing(largest, layers[cuts.index(largest)] if cuts else None, cuts)


def _sizes(graph: Graph) -> dict[str, int]:
    """Return the bytes of each node's result."""
    return {name: FLOAT * prod(steps[-1]) for name, steps in trace(graph).items()}


def _at_reader(node: Node) -> bool:
    """Return whether a node is an aggregate that its readers make for themselves."""
    return isinstance(node.op, Aggregate) and not node.op.operator.running


def _layers(graph: Graph) -> list[str]:
    """Return the nodes that a cut may follow, and the last one, in the order of computation."""
    inside: set[str | None] = set()
    for stage in graph.stages:
        inside |= {stage.shared, stage.projection, *stage.carries}
        inside |= {stage.entry_chain} if stage.projected else set()
    chains = (node.name for node in graph if isinstance(node.op, Chain))
    return [name for name in chains if name not in inside]


def _positions(graph: Graph, layers: Sequence[str]) -> dict[str, int]:
    """Return after which of the layers each node's result exists; -1 for the input."""
    cut, before = frozenset(layers), 0
    positions: dict[str, int] = {}
    for node in graph:
        if isinstance(node.op, Aggregate):
            positions[node.name] = max(positions[source] for source in node.inputs)
        else:
            positions[node.name] = before if node.inputs else -1
        before += node.name in cut
    return positions


def _last(graph: Graph, positions: dict[str, int], at_reader: Set[str], end: int) -> dict[str, int]:
    """Return the last layer that reads each node's result, directly or in an aggregate.

    Args:
        graph: the network.
        positions: after which layer each result exists.
        at_reader: aggregates that their readers make for themselves.
        end: the last layer; it has the network's output.
    """
    last = dict(positions)
    last[graph.output] = end
    for node in reversed(tuple(graph)):
        reader = (last if node.name in at_reader else positions)[node.name]
        for source in node.inputs:
            if last[source] < reader:
                last[source] = reader
    return last
