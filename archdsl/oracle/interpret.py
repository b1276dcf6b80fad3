"""The oracle: a graph run naively in torch, equation 2 and nothing else.

It shares no code with what is emitted. Weights come from a state dict under the graph's own names;
batch norm updates the running statistics in that dict, as a module in training would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from archdsl.ir.graph import Graph
from archdsl.ir.ops import (
    Activation,
    Aggregate,
    Chain,
    Conv,
    Dropout,
    Flatten,
    Input,
    Layer,
    Linear,
    Norm,
    Pad,
    Pool,
    PoolTo,
)  # fmt: skip
from archdsl.language.aggregation import Aggregation

State = Mapping[str, Tensor]
ActivationFunction = Callable[[Tensor], Tensor]
ACTIVATIONS: dict[str, ActivationFunction] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "silu": functional.silu,
}
POOLS: dict[str, Callable[..., Tensor]] = {
    "average": functional.avg_pool2d,
    "max": functional.max_pool2d,
}
POOLS_TO: dict[str, Callable[..., Tensor]] = {
    "average": functional.adaptive_avg_pool2d,
    "max": functional.adaptive_max_pool2d,
}


def interpret(graph: Graph, state: State, x: Tensor, *, training: bool = False) -> Tensor:
    """The network's output for a batch `x` of shape (N, features, ...).

    Args:
        graph: any verified graph.
        state: every weight and statistic by its name; statistics are updated when training.
        x: the input.
        training: whether norms use the batch's statistics and dropout drops.
    """
    values: dict[str, Tensor] = {}
    paths = draw_paths(graph) if training else None
    for node in graph:
        sources = [values[name] for name in node.inputs]
        match node.op:
            case Input():
                values[node.name] = x
            case Chain(scope=scope, layers=layers):
                values[node.name] = _chain(scope, layers, state, sources[0], training)
            case Aggregate(operator=operator):
                values[node.name] = aggregate(operator, sources, paths)
    return values[graph.output]


@dataclass(frozen=True)
class Paths:
    """What drop-path drew for one forward pass: one column alone, or each join for itself."""

    alone: bool
    column: int


def draw_paths(graph: Graph) -> Paths | None:
    """Draw for a pass, if some join has drop-path."""
    joins = [len(node.inputs) for node, op in graph.aggregates() if op.operator.dropped()]
    if not joins:
        return None
    alone = bool(torch.rand(()) < 0.5)
    return Paths(alone, int(torch.randint(max(joins), ())))


def kept(paths: Paths, count: int, p: float) -> list[int]:
    """The positions of a join that drop-path keeps; it always draws, so that seeds agree."""
    stay = [place for place, chance in enumerate(torch.rand(count).tolist()) if chance >= p]
    one = int(torch.randint(count, ()))
    if paths.alone:
        return [paths.column] if paths.column < count else list(range(count))
    return stay or [one]


def aggregate(
    operator: Aggregation, sources: Sequence[Tensor], paths: Paths | None = None
) -> Tensor:
    """The operator of equation 2, on tensors that agree."""
    if paths is not None and operator.dropped():
        sources = [sources[place] for place in kept(paths, len(sources), operator.dropped())]
    match operator.kind:
        case "concat":
            return torch.cat(list(sources), dim=1)
        case "sum":
            return torch.stack(list(sources)).sum(dim=0)
        case "mean":
            return torch.stack(list(sources)).mean(dim=0)
        case "running":
            return ACTIVATIONS[operator.then() or ""](sources[0] + sources[1])
    assert operator.join is not None, f"{operator.kind} has no `join`"
    result: Tensor = type(operator).join(list(sources), *operator.arguments())  # type: ignore[misc]
    return result


def _chain(scope: str, layers: Sequence[Layer], state: State, x: Tensor, training: bool) -> Tensor:
    for layer in layers:
        x = _layer(scope, layer, state, x, training)
    return x


def _layer(scope: str, layer: Layer, state: State, x: Tensor, training: bool) -> Tensor:
    match layer:
        case Conv(name=name):
            weight, bias = state[f"{scope}.{name}.weight"], state.get(f"{scope}.{name}.bias")
            return functional.conv2d(
                x, weight, bias, layer.stride, layer.padding, groups=layer.groups
            )
        case Norm(name=name):
            return _norm(f"{scope}.{name}", state, x, training)
        case Activation(function=function):
            return ACTIVATIONS[function](x)
        case Dropout(p=p):
            return functional.dropout(x, p, training)
        case Pool(kind=kind):
            return POOLS[kind](x, layer.kernel, layer.stride, layer.padding)
        case PoolTo(kind=kind, side=side):
            return POOLS_TO[kind](x, side)
        case Pad(width=width, stride=stride):
            missing = x.new_zeros(x.shape[0], width - x.shape[1], *x.shape[2:])
            return torch.cat([x, missing], dim=1)[:, :, ::stride, ::stride]
        case Flatten():
            return x.reshape(x.shape[0], -1)
        case Linear(name=name):
            bias = state.get(f"{scope}.{name}.bias")
            return functional.linear(x, state[f"{scope}.{name}.weight"], bias)


def _norm(name: str, state: State, x: Tensor, training: bool) -> Tensor:
    """Batch normalisation written out: eps 1e-5, momentum 0.1, unbiased running variance."""
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    over = [0, *range(2, x.dim())]
    if training:
        count = x.numel() // x.shape[1]
        batch_mean, batch_variance = x.mean(over), x.var(over, unbiased=False)
        with torch.no_grad():
            mean.lerp_(batch_mean, 0.1)
            variance.lerp_(batch_variance * count / (count - 1), 0.1)
            state[f"{name}.num_batches_tracked"].add_(1)
        mean, variance = batch_mean, batch_variance
    shape = (1, -1, *[1] * (x.dim() - 2))
    scaled = (x - mean.view(shape)) / torch.sqrt(variance.view(shape) + 1e-5)
    return scaled * weight.view(shape) + bias.view(shape)
