"""The shape that a layer or an aggregation makes of the shapes it is given; exact integers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import assert_never

from archdsl.ir.layers.block import joined_shape, largest
from archdsl.ir.layers.layer import after_chain
from archdsl.ir.layers.windows import show
from archdsl.ir.ops import Aggregate, Chain, Input, Layer, Op, Shape
from archdsl.language.aggregation import Aggregation

__all__ = ["Steps", "after", "after_aggregation", "after_chain", "mismatch", "show"]


class Steps:
    """Shapes inside chains, derived once for the same layers on equal input shapes.

    Layers are the same if they are one object; lowering shares them between equal units. They are
    kept with the result, so that no id is used again.
    """

    def __init__(self) -> None:
        self.results: dict[tuple[int, Shape], tuple[tuple[Layer, ...], tuple[Shape, ...]]] = {}

    def __call__(self, layers: tuple[Layer, ...], shape: Shape) -> tuple[Shape, ...]:
        """The input shape, then the shape after each layer. Raises ArchdslError (A212, A218)."""
        key = (id(layers), shape)
        same, steps = self.results.get(key, (None, ()))
        if same is not layers:
            shapes = accumulate(layers, lambda before, layer: layer.after(before), initial=shape)
            steps = tuple(shapes)
            self.results[key] = layers, steps
        return steps


def after_aggregation(operator: Aggregation, shapes: Sequence[Shape]) -> Shape:
    """Return the shape of an aggregate of shapes that agree (`mismatch` is None).

    Args:
        operator: the aggregation.
        shapes: the shapes that it joins, in the order of the reads.
    """
    return joined_shape(operator, shapes)


def mismatch(operator: Aggregation, shapes: Sequence[Shape]) -> int | None:
    """Return the index of the first shape that cannot be joined with the others, or None.

    Args:
        operator: the aggregation.
        shapes: the shapes that it joins, in the order of the reads.
    """
    if shapes.count(shapes[0]) == len(shapes):
        return None
    start = 0 if operator.equal_widths else 1
    different = set(shapes)
    if operator.broadcasts:
        whole = largest(shapes)[start:]
        fitting = {shape for shape in different if _broadcasts(shape[start:], whole)}
    else:
        fitting = {shape for shape in different if shape[start:] == shapes[0][start:]}
    return next((i for i, shape in enumerate(shapes) if shape not in fitting), None)


def _broadcasts(sizes: Shape, whole: Shape) -> bool:
    """Whether every size is 1 or that of the whole."""
    pairs = zip(sizes, whole, strict=False)
    return len(sizes) == len(whole) and all(size in (1, full) for size, full in pairs)


def after(op: Op, shapes: Sequence[Shape]) -> Shape:
    """Return the shape of a node's output.

    Args:
        op: what the node computes.
        shapes: shapes of its inputs, in order; none for the input of the network.
    """
    match op:
        case Input(shape=shape):
            return shape
        case Chain(layers=layers):
            return after_chain(layers, shapes[0])
        case Aggregate(operator=operator):
            return after_aggregation(operator, shapes)
    assert_never(op)
