"""Feature maps to flat features."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from archdsl.ir.layers import Flatten


def flatten(layer: Flatten, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return the features of each sample in one dimension, (N, c * h * w).

    Args:
        layer: the layer, which has no settings.
        x: shape (N, c, h, w), or any other with the batch first.
        own: not used; the layer has no weights.
        training: not used.
    """
    return x.reshape(x.shape[0], -1)
