"""Depth, as papers count it: the layers with weights to multiply by on the longest road."""

from __future__ import annotations

from archdsl.ir.graph import Graph, Node
from archdsl.ir.ops import Chain, Conv, Linear


def depth(graph: Graph) -> int:
    """Convolutions and fully connected layers on the longest path from input to output.

    A projection lies beside its unit, so it makes nothing deeper: `DenseNet-BC-100` has 100.
    """
    found: dict[str, int] = {}
    for node in graph:
        before = max((found[source] for source in node.inputs), default=0)
        found[node.name] = before + _own(node)
    return found[graph.output]


def _own(node: Node) -> int:
    if not isinstance(node.op, Chain):
        return 0
    return sum(isinstance(layer, Conv | Linear) for layer in node.op.layers)
