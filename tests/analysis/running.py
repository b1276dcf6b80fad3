"""A network run in torch as plainly as can be: fresh tensors, torch's own functions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from analysis.layers import FUNCTIONS, State, compute
from archdsl.analysis.parameters import state_shapes
from archdsl.ir import ops
from archdsl.ir.graph import Graph
from archdsl.oracle.aggregations import aggregate

LEARNED = (".weight", ".bias", ".query", ".scale")
"""How the names of parameters end."""


def state(graph: Graph, fill: float | None = None) -> dict[str, Tensor]:
    """Weights that require gradients, and statistics that do not; random, or all the same."""
    tensors = {}
    for key, shape in state_shapes(graph).items():
        if key.endswith(".index"):
            tensors[key] = torch.arange(shape[0])  # the first channels
            continue
        tensor = torch.rand(shape) if fill is None else torch.full(shape, fill)
        tensors[key] = tensor.requires_grad_(key.endswith(LEARNED))
    return tensors


def run(graph: Graph, state: State, x: Tensor) -> dict[str, Tensor]:
    """The result of every node in training mode, by its name."""
    values: dict[str, Tensor] = {}
    for node in graph:
        sources = [values[source] for source in node.inputs]
        if isinstance(node.op, ops.Input):
            values[node.name] = x
        elif isinstance(node.op, ops.Aggregate):
            values[node.name] = join(node.op, sources, state)
        else:
            values[node.name] = sources[0]
            for layer in node.op.layers:
                values[node.name] = compute(layer, node.op.scope, state, values[node.name])
    return values


def join(op: ops.Aggregate, sources: Sequence[Tensor], state: State) -> Tensor:
    if op.operator.kind == "concat":
        return torch.cat(list(sources), dim=1)
    if op.operator.kind not in {"sum", "mean", "running"}:
        names = op.operator.weights()
        return aggregate(
            op.operator,
            sources,
            [state[f"{scope}.{name}"] for scope in op.scopes for name in names],
        )
    total = sources[0]
    for source in sources[1:]:
        total = total + source
    if op.operator.kind == "running":
        return FUNCTIONS[str(op.operator.model_dump()["activation"])](total)
    return total / len(sources) if op.operator.kind == "mean" else total
