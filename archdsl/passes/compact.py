"""Share aggregates, as in figure 1(a): one that begins with an earlier one reads that instead.

This is valid for associative operators only. Under the rule `full` every aggregate becomes the
previous one and the newest output: a running sum for `sum`. `explode` restores figure 1(b).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archdsl.ir.graph import Graph, Node
from archdsl.ir.ops import Aggregate


def compact(graph: Graph) -> Graph:
    """Return the graph with shared aggregates; the same object if nothing can be shared.

    >>> from archdsl.ir.graph import Graph, Node
    >>> from archdsl.ir.ops import Input
    >>> from archdsl.language.aggregations import Sum
    >>> total = Aggregate(Sum(kind="sum"))
    >>> nodes = [Node(name, Input((1,))) for name in "abc"]
    >>> nodes += [Node("ab", total, ("a", "b")), Node("abc", total, ("a", "b", "c"))]
    >>> graph = Graph("g", {node.name: node for node in nodes}, (), None, (), None, "abc")
    >>> compact(graph)["abc"].inputs
    ('ab', 'c')
    """
    aggregates: dict[object, str] = {}
    return graph.with_nodes(_shortened(node, aggregates) for node in graph)


def _shortened(node: Node, aggregates: dict[object, str]) -> Node:
    if not isinstance(node.op, Aggregate) or not node.op.operator.associative:
        return node
    aggregates[node.op, node.inputs] = node.name
    *earlier, newest = node.inputs
    shared = aggregates.get((node.op, tuple(earlier)))
    return replace(node, inputs=(shared, newest)) if shared else node


def explode(graph: Graph) -> Graph:
    """Return the graph in which aggregates of associative operators read only outputs.

    The aggregate at the exit of a stage counts as an output: it is y_0 of the next stage.
    """
    full: dict[str, tuple[str, ...]] = {}
    ends = {stage.entry for stage in graph.stages} | {stage.exit for stage in graph.stages}
    return graph.with_nodes(_spelled_out(graph, full, ends))


def _spelled_out(graph: Graph, full: dict[str, tuple[str, ...]], ends: set[str]) -> Iterator[Node]:
    for node in graph:
        if not isinstance(node.op, Aggregate) or not node.op.operator.associative:
            yield node
            continue
        first, *rest = node.inputs
        head = full.get(first, (first,))
        inputs = (*head, *rest)
        if node.name not in ends:
            full[node.name] = inputs
        yield replace(node, inputs=inputs)
