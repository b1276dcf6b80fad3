"""Sum with learned weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from archdsl.language.aggregations import WeightedSum

NORMALISE: dict[str, Callable[[Tensor], Tensor]] = {
    "none": lambda weight: weight,
    "softmax": lambda weight: weight.exp() / weight.exp().sum(dim=0),
    "sigmoid": lambda weight: 1 / (1 + torch.exp(-weight)),
}


def weighted(operator: WeightedSum, outputs: Sequence[Tensor], weight: Tensor) -> Tensor:
    """Return the sum over outputs s of factor[s, c] times output[s, n, c, ...].

    Args:
        operator: says how weights are normalised, and whether there is one per output or per
            channel.
        outputs: S tensors of one shape, (N, features, ...).
        weight: the learned numbers before they are normalised, (S,) or (S, features).
    """
    factor = NORMALISE[operator.normalise](weight)
    if operator.per == "scalar":
        return torch.einsum("s,snc...->nc...", factor, torch.stack(list(outputs)))
    return torch.einsum("sc,snc...->nc...", factor, torch.stack(list(outputs)))
