"""Lifetimes: during which steps the result of each node is needed.

Nodes are numbered 0, 1, ... in the order of computation; the network's output is needed to the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archdsl.ir.graph import Graph


def last_use(graph: Graph, homes: Mapping[str, str] | None = None) -> dict[str, int]:
    """Return the index of the last reader of each node, by the node's name.

    A node that nothing reads has its own index, and the network's output has the number of nodes.

    Args:
        graph: the network.
        homes: for each node, the node that owns its result: another one where it is only a view.
            Then all views count as readers of their owner, and only owners are returned.
    """
    last: dict[str, int] = {}
    for index, node in enumerate(graph):
        names = (*node.inputs, node.name)
        last.update(dict.fromkeys(map(homes.__getitem__, names) if homes else names, index))
    last[homes[graph.output] if homes else graph.output] = len(graph.nodes)
    return last


def live(graph: Graph) -> Iterator[frozenset[str]]:
    """Yield, for each node, the nodes whose results exist while it computes, including itself."""
    ends = last_use(graph)
    alive: set[str] = set()
    for index, node in enumerate(graph):
        alive.add(node.name)
        yield frozenset(alive)
        alive -= {name for name in (*node.inputs, node.name) if ends[name] <= index}
