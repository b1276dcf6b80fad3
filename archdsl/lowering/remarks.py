"""Warnings and notes on valid layers that may not do what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archdsl.errors import Diagnostic, Place
from archdsl.ir.ops import Layer, Shape


def chain_remarks(layers: Sequence[Layer], shape: Shape, place: Place) -> Iterator[Diagnostic]:
    """Yield the remarks on a chain of layers.

    Args:
        layers: the layers in order.
        shape: shape of the input of the first one.
        place: position in the spec for all of them.
    """
    for layer in layers:
        yield from layer.remarks(shape, place)
        shape = layer.after(shape)
