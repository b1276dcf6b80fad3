"""Dual paths: a sum, and a concatenation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from archdsl.language.aggregations import Dual


def dual(operator: Dual, outputs: Sequence[Tensor]) -> Tensor:
    """Return the sum of the first channels, then the other channels of each output in order.

    Args:
        operator: its `sum` is the number of channels that are added.
        outputs: tensors of shape (N, features, ...), each with at least `sum` features.
    """
    count = operator.sum
    added = torch.stack([output.narrow(1, 0, count) for output in outputs]).sum(dim=0)
    others = [output.narrow(1, count, output.shape[1] - count) for output in outputs]
    return torch.cat([added, torch.cat(others, dim=1)], dim=1)
