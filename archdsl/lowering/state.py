"""The layers around the state of a running aggregation: how it starts, is read, and ends.

Most running aggregations keep an aggregate like the outputs, and need none of these layers.
"""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.errors import Place
from archdsl.ir.ops import Shape
from archdsl.language.layers import LayerWords
from archdsl.lowering.chain import Layers, Made


def around_state(words: Sequence[LayerWords], shape: Shape, place: Place) -> Made:
    """Return the layers for words that an aggregation asks for, and the shape of their result.

    Args:
        words: what its method `start`, `read` or `end` returned.
        shape: shape of y_0 for `start`, else of the state.
        place: where the aggregation is written.
    """
    layers = Layers(shape, 1, [])
    for word in words:
        layers.add(word, place)
    return layers.named(), layers.shape
