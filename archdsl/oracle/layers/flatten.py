"""Feature maps to flat features."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from archdsl.ir.layers import Flatten


def flatten(layer: Flatten, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """(N, c, h, w) to (N, c * h * w)."""
    return x.reshape(x.shape[0], -1)
