"""One step of a running sum."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from archdsl.language.aggregations import Running
from archdsl.oracle.layers.activation import FUNCTIONS


def running(operator: Running, outputs: Sequence[Tensor]) -> Tensor:
    """Return the activation of the previous aggregate plus the newest output."""
    aggregate, newest = outputs
    return FUNCTIONS[operator.then()](aggregate + newest)
