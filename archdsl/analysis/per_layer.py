"""Cost of every layer: its output, parameters, multiply-adds and activation bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from archdsl.analysis.macs import macs
from archdsl.analysis.memory import size
from archdsl.analysis.parameters import aggregate_weights, layer_parameters
from archdsl.analysis.shapes import layers, trace
from archdsl.ir.graph import Graph, Node
from archdsl.ir.ops import Aggregate, Chain, Shape, Weighted


@dataclass(frozen=True, slots=True)
class LayerCost:
    """Cost of one layer of a chain, or of one aggregation.

    Attributes:
        name: the module in the emitted file, such as `stages.0.layers.2.conv1`; for a layer without
            weights, the module that contains it.
        layer: the layer as `archdsl show --ir` writes it, or the aggregation.
        shape: shape of the output, without the batch.
        parameters: number of parameters.
        macs: multiply-adds for one input.
        activation_bytes: bytes of the output for one input in float32; 0 if no tensor is written.
    """

    name: str
    layer: str
    shape: Shape
    parameters: int
    macs: int
    activation_bytes: int


def per_layer(graph: Graph) -> Iterator[LayerCost]:
    """Yield the layers in the order of computation; a block inside a unit is one layer.

    Parameters and multiply-adds add up to those of the network.
    """
    multiply_adds = macs(graph)
    owned: dict[str, int] = {}
    for node, _, weights in aggregate_weights(graph):
        owned[node.name] = owned.get(node.name, 0) + sum(map(prod, weights.values()))
    for node in graph:
        match node.op:
            case Chain():
                yield from _chain(graph, node, node.op)
            case Aggregate():
                shape = trace(graph)[node.name][-1]
                costs = owned.get(node.name, 0), multiply_adds.get(node.name, 0)
                yield LayerCost(
                    module(graph, node.name), node.op.operator.kind, shape, *costs, size(shape)
                )


def _chain(graph: Graph, node: Node, chain: Chain) -> Iterator[LayerCost]:
    for layer, _, after in layers(chain, trace(graph)[node.name]):
        yield LayerCost(
            name=f"{chain.scope}.{layer.name}" if isinstance(layer, Weighted) else chain.scope,
            layer=layer.text(),
            shape=after,
            parameters=layer_parameters(layer),
            macs=layer.macs(after),
            activation_bytes=size(after) if layer.writes else 0,
        )


def module(graph: Graph, name: str) -> str:
    """Return the module of a node in the emitted file, or the name of a node that has none.

    Args:
        graph: the network.
        name: a node.
    """
    match graph[name].op:
        case Chain(scope=scope) | Aggregate(scopes=(scope,)):
            return scope
    return name
