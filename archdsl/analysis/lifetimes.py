"""Lifetimes: from when to when the result of each node is needed.

Nodes are numbered 0, 1, ... in the order of computation; the network's output is needed to the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archdsl.ir.graph import Graph


def last_use(graph: Graph, homes: Mapping[str, str] | None = None) -> dict[str, int]:
    """The number of each node's last reader; its own if nothing reads it; the output's is `len`.

    `homes` names, for a node that only views another's result, the node that owns it: then the
    last reader is that of all views together, and only owners have one.
    """
    last: dict[str, int] = {}
    for index, node in enumerate(graph):
        names = (*node.inputs, node.name)
        last.update(dict.fromkeys(map(homes.__getitem__, names) if homes else names, index))
    last[homes[graph.output] if homes else graph.output] = len(graph.nodes)
    return last


def live(graph: Graph) -> Iterator[frozenset[str]]:
    """For each node in turn, the nodes whose results exist while it computes, itself among them."""
    ends = last_use(graph)
    alive: set[str] = set()
    for index, node in enumerate(graph):
        alive.add(node.name)
        yield frozenset(alive)
        alive -= {name for name in (*node.inputs, node.name) if ends[name] <= index}
