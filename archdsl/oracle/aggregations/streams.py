"""One step of hyper-connections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from archdsl.language.aggregations import Streams


def streams(operator: Streams, outputs: Sequence[Tensor], *weights: Tensor) -> Tensor:
    """Return the state that a reader reads.

    Args:
        operator: says how many streams there are, and how they are mixed.
        outputs: where the operator folds, what the reader reads, from the oldest output on, each
            (N, features, ...); else the state, (N, streams * features, ...), and the output.
        *weights: those of each write, one after another, as `write` takes them.
    """
    if not operator.folds:
        return write(operator, outputs, *weights)
    state, each = torch.cat([outputs[0] for _ in range(operator.count)], dim=1), iter(weights)
    for output in outputs[1:]:
        own = [next(each) for _ in operator.weights()]
        state = write(operator, [state, output], *own)
    return state


def write(operator: Streams, outputs: Sequence[Tensor], *weights: Tensor) -> Tensor:
    """Return the state after an output was written into it (Zhu et al. 2024, equations 3 to 13).

    Args:
        operator: says how many streams there are, and how they are mixed.
        outputs: the state, (N, streams * features, ...), and the output, (N, features, ...).
        *weights: `mix` (streams, streams) and `write` (streams,); for dynamic ones also `by`
            (features, streams + 1) and `scale` (2,).
    """
    state, output = outputs
    streams = state.chunk(operator.count, dim=1)
    mix, into = [[*row] for row in weights[0]], [*weights[1]]
    if operator.dynamic:
        by, scale = weights[2:]
        for index, stream in enumerate(streams):
            channels = normalised(stream).movedim(1, -1)
            own = scale[1] * torch.tanh(channels @ by[:, operator.count])
            into[index] = into[index] + own.unsqueeze(1)
            for other in range(operator.count):
                own = scale[0] * torch.tanh(channels @ by[:, other])
                mix[index][other] = mix[index][other] + own.unsqueeze(1)
    if operator.mixing == "doubly-stochastic":
        mix = balanced(mix)
    mixed: list[Any] = [into[index] * output for index in range(operator.count)]
    for row, stream in zip(mix, streams, strict=True):
        for index, part in enumerate(row):
            mixed[index] = mixed[index] + part * stream
    return torch.cat(mixed, dim=1)


def normalised(stream: Tensor) -> Tensor:
    """Return the channels of each pixel divided by the root of their mean square."""
    return stream / (stream.pow(2).mean(dim=1, keepdim=True) + 1e-6).sqrt()


def balanced(exponents: list[list[Tensor]]) -> list[list[Tensor]]:
    """Return a matrix whose columns and rows add up to 1, by 20 rounds of Sinkhorn and Knopp."""
    matrix = [[torch.exp(entry) for entry in row] for row in exponents]
    for _ in range(20):
        columns = [torch.stack(column).sum(dim=0) for column in zip(*matrix, strict=True)]
        matrix = [[x / total for x, total in zip(row, columns, strict=True)] for row in matrix]
        rows = [torch.stack(row).sum(dim=0) for row in matrix]
        matrix = [[x / total for x in row] for row, total in zip(matrix, rows, strict=True)]
    return matrix
