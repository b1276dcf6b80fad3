"""A layer that a user defines: the user's own plain function."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from archdsl.ir.layers import Own


def own(layer: Own, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return the result of the user's `compute`.

    Args:
        layer: its `word` is the layer as the user defined it.
        x: the input, in the shape that the user's layer takes.
        own: the tensors of the layer by the names that the user gave them.
        training: passed to `compute`.
    """
    result: Tensor = layer.word.compute(x, own, training)
    return result
