"""Count the parameters of each node, and list the state dict of the emitted module.

Parameters are the tensors that training changes: the scale and shift of a norm count, its running
statistics do not. The papers count the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from archdsl.ir.graph import Graph, Node
from archdsl.ir.ops import Layer, Shape, Weighted


def parameters(graph: Graph) -> dict[str, int]:
    """Return the number of parameters of each node that can have some, by its name."""
    counts: dict[int, int] = {}  # by id of the layers, which equal units share
    by_node = {}
    for node, chain in graph.chains():
        same = id(chain.layers)
        if same not in counts:
            counts[same] = sum(map(layer_parameters, chain.layers))
        by_node[node.name] = counts[same]
    for node, _, weights in aggregate_weights(graph):
        own = sum(map(prod, weights.values()))
        by_node[node.name] = by_node.get(node.name, 0) + own
    return by_node


def aggregate_weights(graph: Graph) -> Iterator[tuple[Node, str, dict[str, Shape]]]:
    """Yield each scope of weights once, with the first aggregate of it and their shapes by name."""
    seen: set[str] = set()
    for node, aggregate in graph.aggregates():
        if seen.issuperset(aggregate.scopes):
            continue
        widths = [graph.steps[source][-1][0] for source in node.inputs]
        for scope, weights in aggregate.weights(widths).items():
            if scope not in seen:
                seen.add(scope)
                yield node, scope, weights


def layer_parameters(layer: Layer) -> int:
    """Return the number of parameters of a layer."""
    return sum(map(prod, layer.weights().values()))


def state_shapes(graph: Graph) -> dict[str, Shape]:
    """Return the state dict of the emitted module, from `scope.layer.weight` to shape.

    The scopes are in the order of computation. Within a layer the order is PyTorch's: weight, bias,
    and for a norm running_mean, running_var and num_batches_tracked, whose shape is ().
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
