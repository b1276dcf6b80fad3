"""One step of a running sum."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional

from archdsl.language.aggregations import Running


def running(operator: Running, outputs: Sequence[Tensor]) -> Tensor:
    """Return the activation of the previous aggregate plus the newest output.

    Args:
        operator: its `then()` names the activation, a function of `torch.nn.functional`.
        outputs: the previous aggregate and the newest output, of one shape.
    """
    aggregate, newest = outputs
    result: Tensor = getattr(functional, operator.then())(aggregate + newest)
    return result
