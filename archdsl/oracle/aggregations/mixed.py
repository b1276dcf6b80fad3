"""One step of mixed links."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from archdsl.language.aggregations import Mixed


def mixed(operator: Mixed, outputs: Sequence[Tensor]) -> Tensor:
    """Return the state and the output, each padded by zeros to the new width, added.

    Args:
        operator: its `inner` is the number of channels to which an output is added.
        outputs: the state and the newest output, (N, features, ...) with at least `inner` features
            each.

    Returns:
        A tensor with the features of both less `inner`; the last `inner` of the state and the first
        of the output overlap.
    """
    state, output = outputs
    ahead, behind = state.shape[1] - operator.inner, output.shape[1] - operator.inner
    rest = (0, 0) * (state.dim() - 2)
    shifted = functional.pad(output, (*rest, ahead, 0))
    return torch.add(functional.pad(state, (*rest, 0, behind)), shifted)
