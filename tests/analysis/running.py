"""A network run in torch as plainly as can be: fresh tensors, torch's own functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from archdsl.analysis.parameters import state_shapes
from archdsl.ir import ops
from archdsl.ir.graph import Graph

State = Mapping[str, Tensor]
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "silu": functional.silu,
}


def state(graph: Graph, fill: float | None = None) -> dict[str, Tensor]:
    """Weights that require gradients, and statistics that do not; random, or all the same."""
    found = {}
    for key, shape in state_shapes(graph).items():
        tensor = torch.rand(shape) if fill is None else torch.full(shape, fill)
        found[key] = tensor.requires_grad_(key.endswith((".weight", ".bias")))
    return found


def run(graph: Graph, state: State, x: Tensor) -> dict[str, Tensor]:
    """The result of every node in training mode, by its name."""
    values: dict[str, Tensor] = {}
    for node in graph:
        sources = [values[source] for source in node.inputs]
        if isinstance(node.op, ops.Input):
            values[node.name] = x
        elif isinstance(node.op, ops.Aggregate):
            values[node.name] = join(node.op, sources)
        else:
            values[node.name] = sources[0]
            for layer in node.op.layers:
                values[node.name] = compute(layer, node.op.scope, state, values[node.name])
    return values


def join(op: ops.Aggregate, sources: Sequence[Tensor]) -> Tensor:
    if op.operator.kind == "concat":
        return torch.cat(list(sources), dim=1)
    total = sources[0]
    for source in sources[1:]:
        total = total + source
    if op.operator.kind == "running":
        return FUNCTIONS[str(op.operator.model_dump()["activation"])](total)
    return total / len(sources) if op.operator.kind == "mean" else total


def compute(layer: ops.Layer, scope: str, state: State, x: Tensor) -> Tensor:
    match layer:
        case ops.Conv(name=name, stride=stride, padding=padding, groups=groups):
            weight, bias = state[f"{scope}.{name}.weight"], state.get(f"{scope}.{name}.bias")
            return functional.conv2d(x, weight, bias, stride, padding, groups=groups)
        case ops.Linear(name=name):
            bias = state.get(f"{scope}.{name}.bias")
            return functional.linear(x, state[f"{scope}.{name}.weight"], bias)
        case ops.Norm(name=name):
            keys = ("weight", "bias", "running_mean", "running_var")
            weight, bias, mean, variance = (state[f"{scope}.{name}.{key}"] for key in keys)
            return torch.native_batch_norm(x, weight, bias, mean, variance, True, 0.1, 1e-5)[0]
        case ops.Activation(function=function):
            return FUNCTIONS[function](x)
        case ops.Dropout(p=p):
            return torch.native_dropout(x, p, True)[0]
        case ops.Pool() | ops.PoolTo():
            return pool(layer, x)
        case ops.Flatten():
            return x.flatten(1)
        case ops.Pad(width=width, stride=stride):
            places = x[:, :, ::stride, ::stride]
            return functional.pad(places, (0, 0, 0, 0, 0, width - x.shape[1]))
    raise AssertionError(layer)


def pool(layer: ops.Pool | ops.PoolTo, x: Tensor) -> Tensor:
    largest = layer.kind == "max"
    if isinstance(layer, ops.PoolTo):
        to = functional.adaptive_max_pool2d if largest else functional.adaptive_avg_pool2d
        return to(x, layer.side)
    by = functional.max_pool2d if largest else functional.avg_pool2d
    return by(x, layer.kernel, layer.stride, layer.padding)
