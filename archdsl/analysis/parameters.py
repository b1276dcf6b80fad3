"""Weights: how many each node has, and the state dict of the emitted module.

Parameters are what training changes: a norm's scale and shift count, its running statistics do
not. The papers count the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from archdsl.ir.graph import Graph, Node
from archdsl.ir.ops import Layer, Shape, Weighted


def parameters(graph: Graph) -> dict[str, int]:
    """Return the number of parameters of each node that may own some, by its name."""
    counts: dict[int, int] = {}  # by the id of layers, which equal units share
    found = {}
    for node, chain in graph.chains():
        same = id(chain.layers)
        if same not in counts:
            counts[same] = sum(map(layer_parameters, chain.layers))
        found[node.name] = counts[same]
    for node, _, weights in aggregate_weights(graph):
        found[node.name] = sum(map(prod, weights.values()))
    return found


def aggregate_weights(graph: Graph) -> Iterator[tuple[Node, str, dict[str, Shape]]]:
    """Yield each aggregate that owns weights, with their scope and their shapes by name."""
    for node, aggregate in graph.aggregates():
        if aggregate.scope:
            widths = [graph.steps[source][-1][0] for source in node.inputs]
            yield node, aggregate.scope, aggregate.weights(widths)


def layer_parameters(layer: Layer) -> int:
    """The number of parameters of a layer."""
    return sum(map(prod, layer.weights().values()))


def state_shapes(graph: Graph) -> dict[str, Shape]:
    """The state dict of the emitted module: `scope.layer.weight` to shape, as computed.

    Within a layer in PyTorch's order: weight, bias, and for a norm running_mean, running_var,
    num_batches_tracked, whose shape is ().
    """
    shapes = {
        f"{chain.scope}.{layer.name}.{key}": shape
        for _, chain in graph.chains()
        for layer in chain.layers
        if isinstance(layer, Weighted)
        for key, shape in layer.state().items()
    }
    for _, scope, weights in aggregate_weights(graph):
        shapes |= {f"{scope}.{key}": shape for key, shape in weights.items()}
    return shapes
