"""What layers that slide a window over a map have in common: sizes, refusals and remarks."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.errors import Diagnostic, Place, fail
from archdsl.ir.layers.layer import Layer, Shape


def show(shape: Shape) -> str:
    """`24x32x32`."""
    return "x".join(map(str, shape))


def window(size: int, kernel: int, stride: int, padding: int) -> int:
    """Number of windows along one side (rounded down, as torch does)."""
    return (size + 2 * padding - kernel) // stride + 1


def slide(layer: Layer, shape: Shape, kernel: int, stride: int, padding: int) -> Shape:
    """Height and width after a window. Raises ArchdslError (A212, A218)."""
    need_map(layer, shape)
    sides = tuple(window(size, kernel, stride, padding) for size in shape[1:])
    if min(sides) < 1:
        raise fail(
            "A212",
            f"a {kernel}x{kernel} window does not fit a map of {show(shape[1:])}"
            + (f" with padding {padding}" if padding else ""),
            help="start from a larger input, or stride and pool less before this",
        )
    return sides


def need_map(layer: Layer, shape: Shape) -> None:
    """Raise ArchdslError (A218) if the input of a layer is not a feature map."""
    if len(shape) != 3:
        raise fail(
            "A218",
            f"{type(layer).__name__.lower()} takes a map, but is given {shape[0]} flat features",
            help="put it before `flatten`",
        )


def window_text(kernel: int, stride: int, padding: int, usual_stride: int) -> str:
    """`k3s2p1`; a stride that is usual for the layer is left out."""
    stride_text = f"s{stride}" if stride != usual_stride else ""
    return f"k{kernel}{stride_text}" + (f"p{padding}" if padding else "")


def window_remarks(
    kind: str, kernel: int, stride: int, padding: int, shape: Shape, place: Place
) -> Iterator[Diagnostic]:
    """Yield A227 for windows that see only zeros, and A222 for pixels that no window reads."""
    said = f"a {kernel}x{kernel} {kind}"
    if padding >= kernel:
        message = f"the outer windows of {said} with padding {padding} see only zeros"
        help = f"write a padding below {kernel}"
        yield Diagnostic("A227", message, level="warning", help=help, **place)
    counts = [unread(size, kernel, stride, padding) for size in shape[1:]]
    # A kernel of 1 with a stride takes every second pixel on purpose, as projections do.
    if kernel > 1 and any(counts):
        left_out = [
            _named(count, size, what, stride > kernel)
            for count, size, what in zip(counts, shape[1:], ("row", "column"), strict=True)
            if count
        ]
        message = (
            f"{said} with stride {stride} does not read {' and '.join(left_out)} "
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
