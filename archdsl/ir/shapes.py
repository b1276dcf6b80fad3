"""The shape that a layer or an aggregation makes of the shapes it is given; exact integers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import assert_never

from archdsl.errors import fail
from archdsl.ir.ops import (
    Activation,
    Aggregate,
    Chain,
    Conv,
    Dropout,
    Flatten,
    Input,
    Layer,
    Linear,
    Norm,
    Op,
    Pad,
    Pool,
    PoolTo,
    Shape,
)  # fmt: skip
from archdsl.language.aggregation import Aggregation


def show(shape: Shape) -> str:
    """`24x32x32`."""
    return "x".join(map(str, shape))


def window(size: int, kernel: int, stride: int, padding: int) -> int:
    """Places a window takes along one side (rounded down, as torch does)."""
    return (size + 2 * padding - kernel) // stride + 1


def after_layer(layer: Layer, shape: Shape) -> Shape:
    """The shape after one layer. Raises ArchdslError (A212, A218)."""
    match layer:
        case Norm() | Activation() | Dropout():
            return shape
        case Conv(width=width, kernel=kernel, stride=stride, padding=padding):
            return (width, *_slide(layer, shape, kernel, stride, padding))
        case Pool(kernel=kernel, stride=stride, padding=padding):
            return (shape[0], *_slide(layer, shape, kernel, stride, padding))
        case PoolTo(side=side):
            return (shape[0], *_pool_to(layer, shape, side))
        case Flatten():
            return (_product(shape),)
        case Linear(width=width):
            if len(shape) != 1:
                raise fail(
                    "A218",
                    f"linear takes flat features, but is given a map of {show(shape)}",
                    help="put `{pool: {to: 1}}` and `flatten` before it",
                )
            return (width,)
        case Pad(width=width, stride=stride):
            _need_map(layer, shape)
            return (width, *(-(-size // stride) for size in shape[1:]))
    assert_never(layer)


def after_chain(layers: Sequence[Layer], shape: Shape) -> Shape:
    """The shape after layers one after another."""
    for layer in layers:
        shape = after_layer(layer, shape)
    return shape


class Steps:
    """Shapes inside chains, derived once for the same layers on equal input shapes.

    Layers are the same if they are one object; lowering shares them between equal units. The
    caller keeps every tuple of layers that it passes in, so that no id is used again.
    """

    def __init__(self) -> None:
        self.known: dict[tuple[int, Shape], tuple[Shape, ...]] = {}

    def __call__(self, layers: tuple[Layer, ...], shape: Shape) -> tuple[Shape, ...]:
        """The input shape, then the shape after each layer. Raises ArchdslError (A212, A218)."""
        key = (id(layers), shape)
        steps = self.known.get(key)
        if steps is None:
            made = accumulate(
                layers, lambda before, layer: after_layer(layer, before), initial=shape
            )
            steps = self.known[key] = tuple(made)
        return steps


def after_aggregation(operator: Aggregation, shapes: Sequence[Shape]) -> Shape:
    """The shape of an aggregate of shapes that agree (`mismatch` is None)."""
    return (operator.width([shape[0] for shape in shapes]), *shapes[0][1:])


def mismatch(operator: Aggregation, shapes: Sequence[Shape]) -> int | None:
    """The position of the first shape that cannot be joined with the first one."""
    if shapes.count(shapes[0]) == len(shapes):
        return None
    start = 0 if operator.equal_widths else 1
    fitting = {shape for shape in set(shapes) if shape[start:] == shapes[0][start:]}
    return next((i for i, shape in enumerate(shapes) if shape not in fitting), None)


def after(op: Op, shapes: Sequence[Shape]) -> Shape:
    """The shape that a node makes."""
    match op:
        case Input(shape=shape):
            return shape
        case Chain(layers=layers):
            return after_chain(layers, shapes[0])
        case Aggregate(operator=operator):
            return after_aggregation(operator, shapes)
    assert_never(op)


def _slide(layer: Layer, shape: Shape, kernel: int, stride: int, padding: int) -> Shape:
    _need_map(layer, shape)
    sides = tuple(window(size, kernel, stride, padding) for size in shape[1:])
    if min(sides) < 1:
        raise fail(
            "A212",
            f"a {kernel}x{kernel} window does not fit a map of {show(shape[1:])}"
            + (f" with padding {padding}" if padding else ""),
            help="start from a larger input, or stride and pool less before this",
        )
    return sides


def _pool_to(layer: Layer, shape: Shape, side: int) -> Shape:
    _need_map(layer, shape)
    if side > min(shape[1:]):
        raise fail(
            "A212",
            f"a pooling to {side}x{side} would enlarge a map of {show(shape[1:])}",
            note="torch would repeat pixels; archdsl refuses to",
            help=f"write `to: {min(shape[1:])}` or less, or stride and pool less before this",
        )
    return (side, side)


def _need_map(layer: Layer, shape: Shape) -> None:
    if len(shape) != 3:
        raise fail(
            "A218",
            f"{type(layer).__name__.lower()} takes a map, but is given {shape[0]} flat features",
            help="put it before `flatten`",
        )


def _product(shape: Shape) -> int:
    result = 1
    for size in shape:
        result *= size
    return result
