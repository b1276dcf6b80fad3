"""Sum of outputs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from archdsl.language.aggregations import Sum


def add(operator: Sum, outputs: Sequence[Tensor]) -> Tensor:
    """Return the sum of outputs of equal shapes.

    Args:
        operator: the aggregation, which has no settings.
        outputs: tensors of one shape, (N, features, ...).
    """
    return torch.stack(list(outputs)).sum(dim=0)
