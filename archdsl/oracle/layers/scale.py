"""Layer scale."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from archdsl.ir.layers.scale import Scale


def scale(layer: Scale, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Multiply each channel by its weight.

    Args:
        layer: the layer; its initial value is of no effect here.
        x: shape (N, features, ...).
        own: `weight` of shape (features,).
        training: not used.
    """
    return (x.movedim(1, -1) * own["weight"]).movedim(-1, 1)
