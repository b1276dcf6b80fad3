"""Concatenation along the features."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from archdsl.language.aggregations import Concat


def concat(operator: Concat, outputs: Sequence[Tensor]) -> Tensor:
    """Return the outputs one after another along dimension 1.

    Args:
        operator: the aggregation, which has no settings.
        outputs: tensors of shape (N, features, ...) that may differ in features.
    """
    return torch.cat(list(outputs), dim=1)
