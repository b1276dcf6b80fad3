"""Product of outputs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from archdsl.language.aggregations import Product


def multiply(operator: Product, outputs: Sequence[Tensor]) -> Tensor:
    """Return the product of outputs, each of which is expanded to the whole shape first.

    Args:
        operator: the aggregation, which has no settings.
        outputs: tensors of shapes that broadcast, such as (N, c, h, w) and a gate (N, c, 1, 1).
    """
    whole = torch.broadcast_shapes(*[output.shape for output in outputs])  # type: ignore[no-untyped-call]
    return torch.stack([output.expand(whole) for output in outputs]).prod(dim=0)
