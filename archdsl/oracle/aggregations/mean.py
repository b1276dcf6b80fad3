"""Mean of outputs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from archdsl.language.aggregations import Mean


def mean(operator: Mean, outputs: Sequence[Tensor]) -> Tensor:
    """Return the mean of outputs of equal shapes; drop-path has left out some before.

    Args:
        operator: the aggregation; the caller has applied its drop-path.
        outputs: tensors of one shape, (N, features, ...).
    """
    return torch.stack(list(outputs)).mean(dim=0)
