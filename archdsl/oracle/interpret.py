"""The oracle: a graph run naively in torch, equation 2 and nothing else.

It shares no code with what is emitted. Weights come from a state dict under the graph's own names;
batch norm updates the running statistics in that dict, as a module in training would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from archdsl.ir.graph import Graph
from archdsl.ir.ops import Aggregate, Chain, Input, Layer
from archdsl.language.aggregation import Aggregation
from archdsl.oracle.aggregations import aggregate
from archdsl.oracle.layers import compute

State = Mapping[str, Tensor]


def interpret(graph: Graph, state: State, x: Tensor, *, training: bool = False) -> Tensor:
    """Return the network's output for a batch `x` of shape (N, features, ...).

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
            case Aggregate(operator=operator, scopes=scopes):
                left = _left(operator, sources, paths)
                own = [state[f"{scope}.{name}"] for scope in scopes for name in operator.weights()]
                values[node.name] = aggregate(operator, left, own)
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
    """Return the positions of a join that drop-path keeps.

    It always draws the same random numbers, so that equal seeds give equal results.

    Args:
        paths: what was drawn for this forward pass.
        count: number of outputs that the join reads.
        p: probability to drop an output where each join draws for itself.

    Returns:
        One position or more, in increasing order.
    """
    stay = [place for place, chance in enumerate(torch.rand(count).tolist()) if chance >= p]
    one = int(torch.randint(count, ()))
    if paths.alone:
        return [paths.column] if paths.column < count else list(range(count))
    return stay or [one]


def _left(
    operator: Aggregation, sources: Sequence[Tensor], paths: Paths | None
) -> Sequence[Tensor]:
    """Return the outputs that drop-path leaves in a join."""
    if paths is None or not operator.dropped():
        return sources
    return [sources[place] for place in kept(paths, len(sources), operator.dropped())]


def _chain(scope: str, layers: Sequence[Layer], state: State, x: Tensor, training: bool) -> Tensor:
    for layer in layers:
        x = compute(layer, scope, state, x, training)
    return x
