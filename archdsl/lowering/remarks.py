"""Warnings and notes on valid layers that may not do what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from archdsl.errors import Diagnostic, Place
from archdsl.ir.ops import Conv, Layer, Norm, Pool, Shape
from archdsl.ir.shapes import after_layer, show, window


def chain_remarks(layers: Sequence[Layer], shape: Shape, place: Place) -> Iterator[Diagnostic]:
    """Yield the remarks on a chain of layers; the first one reads `shape`."""
    for layer in layers:
        yield from layer_remarks(layer, shape, place)
        shape = after_layer(layer, shape)


def layer_remarks(layer: Layer, shape: Shape, place: Place) -> Iterator[Diagnostic]:
    """Yield the remarks (A214, A222, A227) on one layer that reads `shape`."""
    match layer:
        case Norm() if prod(shape[1:]) == 1:
            where = "a 1x1 map" if shape[1:] else "flat features"
            message = f"`norm` on {where}: training needs batches of 2 or more"
            yield Diagnostic("A214", message, level="warning", **place)
        case Conv() | Pool():
            yield from _window_remarks(layer, shape, place)


def _window_remarks(layer: Conv | Pool, shape: Shape, place: Place) -> Iterator[Diagnostic]:
    kind = "convolution" if isinstance(layer, Conv) else f"{layer.kind} pooling"
    said = f"a {layer.kernel}x{layer.kernel} {kind}"
    if layer.padding >= layer.kernel:
        message = f"the outer windows of {said} with padding {layer.padding} see only zeros"
        help = f"write a padding below {layer.kernel}"
        yield Diagnostic("A227", message, level="warning", help=help, **place)
    counts = [unread(size, layer.kernel, layer.stride, layer.padding) for size in shape[1:]]
    # A kernel of 1 with a stride takes every second pixel on purpose, as projections do.
    if layer.kernel > 1 and any(counts):
        left_out = [
            _named(count, size, what, layer.stride > layer.kernel)
            for count, size, what in zip(counts, shape[1:], ("row", "column"), strict=True)
            if count
        ]
        message = (
            f"{said} with stride {layer.stride} does not read {' and '.join(left_out)} "
            f"of its {show(shape[1:])} map"
        )
        help = "another kernel, stride or padding, or another size of the map, reads all of it"
        yield Diagnostic("A222", message, level="note", help=help, **place)


def unread(size: int, kernel: int, stride: int, padding: int) -> int:
    """Return how many of the `size` rows of a map no window covers."""
    count = window(size, kernel, stride, padding)
    if stride <= kernel:  # windows overlap or touch, so only rows behind the last one are left out
        return max(0, size - ((count - 1) * stride - padding + kernel))
    starts = [index * stride - padding for index in range(count)]
    inside = (min(size, start + kernel) - max(0, start) for start in starts)
    return size - sum(max(0, rows) for rows in inside)


def _named(count: int, size: int, what: str, scattered: bool) -> str:
    """`the last row`, `the last 2 rows`, or `18 of 56 rows` where they lie between windows."""
    if scattered:
        return f"{count} of {size} {what}s"
    return f"the last {what}" if count == 1 else f"the last {count} {what}s"
