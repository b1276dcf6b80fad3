"""Aggregations as torch computes them, one file each, independent of the `join` that is emitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

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
from archdsl.oracle.aggregations.streams import write
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
    "streams": write,
    "sum": add,
    "weighted": weighted,
}
"""The function that computes each aggregation of archdsl, by its word.

Args:
    operator: the aggregation.
    outputs: two or more tensors of shape (N, features, *sizes), in the order of the reads.
    *weights: the reader's own weights, in the order of `operator.weights()`.
"""


def independent(operator: Aggregation) -> bool:
    """Return whether the oracle computes an aggregation without its own `join`."""
    return type(operator).__module__.startswith("archdsl.") and operator.kind in COMPUTE


def aggregate(
    operator: Aggregation, outputs: Sequence[Tensor], weights: Sequence[Tensor] = ()
) -> Tensor:
    """Return the aggregate of two or more outputs whose shapes agree, by equation 2.

    Nothing but `join` says what an aggregation from outside archdsl computes, so that is called.

    Args:
        operator: the aggregation.
        outputs: tensors of shape (N, features, ...), in the order of the reads.
        weights: the reader's own weights, in the order of `operator.weights()`.
    """
    if independent(operator):
        # Dropout behind an aggregate draws in memory order, and einsum leaves another layout.
        return COMPUTE[operator.kind](operator, outputs, *weights).contiguous()
    join: Any = type(operator).join
    result: Tensor = join(list(outputs), *operator.arguments(), *weights)
    return result
