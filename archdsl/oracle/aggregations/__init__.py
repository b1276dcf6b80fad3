"""Aggregations as torch computes them, one file each, independent of the `join` that is emitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from torch import Tensor

from archdsl.language.aggregation import Aggregation
from archdsl.oracle.aggregations.attention import attention
from archdsl.oracle.aggregations.concat import concat
from archdsl.oracle.aggregations.dual import dual
from archdsl.oracle.aggregations.highway import highway
from archdsl.oracle.aggregations.max import largest
from archdsl.oracle.aggregations.mean import mean
from archdsl.oracle.aggregations.mixed import mixed
from archdsl.oracle.aggregations.product import multiply
from archdsl.oracle.aggregations.running import running
from archdsl.oracle.aggregations.streams import streams
from archdsl.oracle.aggregations.sum import add
from archdsl.oracle.aggregations.weighted import weighted

COMPUTE: Mapping[str, Callable[..., Tensor]] = {
    "attention": attention,
    "concat": concat,
    "dual": dual,
    "highway": highway,
    "max": largest,
    "mean": mean,
    "mixed": mixed,
    "product": multiply,
    "running": running,
    "streams": streams,
    "sum": add,
    "weighted": weighted,
}
"""The function that computes each aggregation of archdsl, by its word.

Args:
    operator: the aggregation.
    outputs: two or more tensors of shape (N, features, *sizes), in the order of the reads.
    *weights: the reader's own weights, in the order of `operator.weights()`; where the operator
        folds, those of each output after the first.
"""


def independent(operator: Aggregation) -> bool:
    """Return whether the oracle computes an aggregation without its own `join`."""
    return type(operator).__module__.startswith("archdsl.") and operator.kind in COMPUTE


def aggregate(
    operator: Aggregation, outputs: Sequence[Tensor], weights: Sequence[Tensor] = ()
) -> Tensor:
    """Return the aggregate of outputs whose shapes agree, by equation 2.

    Nothing but `join` says what an aggregation from outside archdsl computes, so that is called.

    Args:
        operator: the aggregation.
        outputs: tensors of shape (N, features, ...), in the order of the reads.
        weights: the weights, in the order of `operator.weights()`.
    """
    if independent(operator):
        # Dropout behind an aggregate draws in memory order, and einsum leaves another layout.
        return COMPUTE[operator.kind](operator, outputs, *weights).contiguous()
    join: Any = operator.join
    if operator.folds:
        first: Any = operator.first
        state, each = first(outputs[0], *operator.first_arguments()), iter(weights)
        for output in outputs[1:]:
            own = [next(each) for _ in operator.weights()]
            state = join([state, output], *operator.arguments(), *own)
        return cast(Tensor, state)
    return cast(Tensor, join(list(outputs), *operator.arguments(), *weights))
