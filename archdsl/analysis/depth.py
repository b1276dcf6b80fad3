"""Count depth as papers do: convolutions and fully connected layers on the longest path."""

from __future__ import annotations

from archdsl.ir.graph import Graph, Node
from archdsl.ir.ops import Chain


def depth(graph: Graph) -> int:
    """Return the number of convolutions and fully connected layers on the longest path.

    Projections are shortcuts and are not counted, even where the longest path runs through one:
    ResNet-50 has 50 layers, not 51 or 54.
    """
    counted: dict[int, int] = {}  # by id of the layers, which equal units share
    shortcuts = {stage.outputs[0] for stage in graph.stages if stage.projected}
    depths: dict[str, int] = {}
    for node in graph:
        before = max((depths[source] for source in node.inputs), default=0)
        depths[node.name] = before + (0 if node.name in shortcuts else _weighted(node, counted))
    return depths[graph.output]


def _weighted(node: Node, counted: dict[int, int]) -> int:
    """Return the number of convolutions and fully connected layers in a node."""
    if not isinstance(node.op, Chain):
        return 0
    layers = node.op.layers
    if id(layers) not in counted:
        counted[id(layers)] = sum(layer.depth() for layer in layers)
    return counted[id(layers)]
