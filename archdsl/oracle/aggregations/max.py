"""Maximum of outputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import torch
from torch import Tensor

from archdsl.language.aggregations import Max


def largest(operator: Max, outputs: Sequence[Tensor]) -> Tensor:
    """Return the largest of outputs of equal shapes; two that are equal share the gradient.

    Args:
        operator: the aggregation, which has no settings.
        outputs: tensors of one shape, (N, features, ...).
    """
    return reduce(_larger, outputs)


def _larger(one: Tensor, other: Tensor) -> Tensor:
    return torch.where(one == other, (one + other) / 2, torch.where(one > other, one, other))
