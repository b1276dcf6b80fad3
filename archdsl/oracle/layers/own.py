"""A layer that a user defines: the user's own plain function."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from archdsl.ir.layers import Own


def own(layer: Own, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """What the user's `compute` makes of `x`."""
    result: Tensor = layer.word.compute(x, own, training)
    return result
