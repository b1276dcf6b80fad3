"""The layers around the state of a running aggregation: how it starts, is read, and ends.

Most running aggregations keep an aggregate like the outputs, and need none of these layers.
"""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.errors import Place
from archdsl.ir.ops import Shape
from archdsl.language.aggregation import Aggregation
from archdsl.language.layers import LayerWords
from archdsl.lowering.chain import Layers, Made


def starting(operator: Aggregation, shape: Shape, place: Place) -> Made:
    """Return the layers that make the first state of y_0, and the state's shape.

    Args:
        operator: the aggregation.
        shape: shape of y_0.
        place: where the aggregation is written.
    """
    return _made(operator.start(), shape, place)


def reading(operator: Aggregation, layer: int, shape: Shape, place: Place) -> Made:
    """Return the layers through which a layer reads the state, and the shape that it is given.

    Args:
        operator: the aggregation.
        layer: number of the layer, from 1.
        shape: shape of the state.
        place: where the aggregation is written.
    """
    return _made(operator.read(layer), shape, place)


def ending(operator: Aggregation, shape: Shape, place: Place) -> Made:
    """Return the layers through which the last state leaves the stage, and the result's shape.

    Args:
        operator: the aggregation.
        shape: shape of the state.
        place: where the aggregation is written.
    """
    return _made(operator.end(), shape, place)


def _made(words: Sequence[LayerWords], shape: Shape, place: Place) -> Made:
    layers = Layers(shape, 1, [])
    for word in words:
        layers.add(word, place)
    return layers.named(), layers.shape
