"""Weights: how many each node has, and the state dict of the emitted module.

Parameters are what training changes: a norm's scale and shift count, its running statistics do
not. The papers count the same way.
"""

from __future__ import annotations

from math import prod
from typing import assert_never

from archdsl.ir import ops
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Shape

STATISTICS = ("running_mean", "running_var")


def parameters(graph: Graph) -> dict[str, int]:
    """The number of parameters of each node that holds layers, by its name."""
    counts: dict[int, int] = {}  # by the id of layers, which equal units share
    found = {}
    for node, chain in graph.chains():
        same = id(chain.layers)
        if same not in counts:
            counts[same] = sum(map(layer_parameters, chain.layers))
        found[node.name] = counts[same]
    return found


def layer_parameters(layer: ops.Layer) -> int:
    """The number of parameters of a layer."""
    return sum(map(prod, weights(layer).values()))


def state_shapes(graph: Graph) -> dict[str, Shape]:
    """The state dict of the emitted module: `scope.layer.weight` to shape, as computed.

    Within a layer in PyTorch's order: weight, bias, and for a norm running_mean, running_var,
    num_batches_tracked, whose shape is ().
    """
    return {
        f"{chain.scope}.{layer.name}.{key}": shape
        for _, chain in graph.chains()
        for layer in chain.layers
        if isinstance(layer, ops.Conv | ops.Norm | ops.Linear)
        for key, shape in (weights(layer) | statistics(layer)).items()
    }


def weights(layer: ops.Layer) -> dict[str, Shape]:
    """The parameters of a layer, by name."""
    match layer:
        case ops.Conv(inputs=inputs, width=width, kernel=side, groups=groups, bias=bias):
            return _affine((width, inputs // groups, side, side), bias)
        case ops.Linear(inputs=inputs, width=width, bias=bias):
            return _affine((width, inputs), bias)
        case ops.Norm(features=features):
            return _affine((features,), True)
        case (
            ops.Activation() | ops.Dropout() | ops.Pool() | ops.PoolTo() | ops.Flatten() | ops.Pad()
        ):
            return {}
    assert_never(layer)


def statistics(layer: ops.Layer) -> dict[str, Shape]:
    """What a layer keeps that training does not change by gradients, by name."""
    if not isinstance(layer, ops.Norm):
        return {}
    kept: dict[str, Shape] = dict.fromkeys(STATISTICS, (layer.features,))
    return {**kept, "num_batches_tracked": ()}


def _affine(weight: Shape, bias: bool) -> dict[str, Shape]:
    return {"weight": weight, "bias": weight[:1]} if bias else {"weight": weight}
