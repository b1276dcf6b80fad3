"""Highway: a gate chooses between two outputs."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from archdsl.language.aggregations import Highway


def highway(operator: Highway, outputs: Sequence[Tensor]) -> Tensor:
    """Return H T + x (1 - T), the form in which the paper writes it (equation 3).

    Args:
        operator: the aggregation, which has no settings.
        outputs: x, then H(x), then T(x), all of one shape; T is usually between 0 and 1.
    """
    x, transform, gate = outputs
    return transform * gate + x * (1 - gate)
