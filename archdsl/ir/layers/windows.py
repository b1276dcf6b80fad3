"""Windows that slide over a map of any number of dimensions: what fits, and what is not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from archdsl.counted import counted
from archdsl.errors import Diagnostic, Place, fail
from archdsl.ir.layers.layer import Layer, Shape

Sides = int | tuple[int, ...]
"""One number for every spatial dimension, or a number for each: (1, 7) is 1 high and 7 wide."""

ORDINALS = {1: ("position",), 2: ("row", "column"), 3: ("slice", "row", "column")}
"""What the positions along each dimension of a map are called, by the number of dimensions."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A window along one spatial dimension. Sizes are in pixels of its input."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    ceil: bool = False

    @property
    def span(self) -> int:
        """Pixels from the first to the last that the window reads, both included."""
        return self.dilation * (self.kernel - 1) + 1

    def count(self, size: int) -> int:
        """Return the number of windows on `size` pixels; below 1 if none fits."""
        room = size + 2 * self.padding - self.span
        if not self.ceil:
            return room // self.stride + 1
        count = -(-room // self.stride) + 1
        # As in torch, the last window must start in the input or in the padding before it.
        return count - ((count - 1) * self.stride >= size + self.padding)

    def unread(self, size: int) -> tuple[int, bool]:
        """Return how many pixels no window reads, and whether these are all at the end."""
        return _coverage(self, size)[:2]

    def misses(self, size: int) -> bool:
        """Return whether some window reads only padding."""
        return _coverage(self, size)[2]


@cache
def _coverage(axis: Axis, size: int) -> tuple[int, bool, bool]:
    """Return the answers of `Axis.unread` and `Axis.misses`."""
    count = axis.count(size)
    pixels, windows = bytearray(size), bytearray(count)
    for tap in range(axis.kernel):  # window w reads pixel w * stride + offset
        offset = tap * axis.dilation - axis.padding
        first = max(0, -(offset // axis.stride))
        last = min(count - 1, (size - 1 - offset) // axis.stride)
        if first <= last:
            ones = b"\1" * (last - first + 1)
            windows[first : last + 1] = ones
            start = first * axis.stride + offset
            pixels[start : last * axis.stride + offset + 1 : axis.stride] = ones
    unread = pixels.count(0)
    return unread, unread == size - (pixels.rfind(1) + 1), 0 in windows


@dataclass(frozen=True, slots=True)
class Window:
    """The windows of a layer, the same along every dimension unless `kernel` or `padding` say so.

    Example:
        >>> tuple(axis.kernel for axis in Window((1, 7), padding=(0, 3)).along((8, 32, 32)))
        (1, 7)
    """

    kernel: Sides
    stride: int = 1
    padding: Sides = 0
    dilation: int = 1
    ceil: bool = False

    def along(self, shape: Shape) -> tuple[Axis, ...]:
        """Return the window along each spatial dimension of a map of this shape."""
        return _axes(self, len(shape) - 1)

    def slide(self, layer: Layer, shape: Shape) -> Shape:
        """Return the shape of the map that the windows give.

        Args:
            layer: the layer, for messages.
            shape: shape of the input.

        Raises:
            ArchdslError: A212 if no window fits the map, A218 if the input is flat
                features.
        """
        need_map(layer, shape)
        axes = self.along(shape)
        sides = tuple(axis.count(size) for axis, size in zip(axes, shape[1:], strict=True))
        if min(sides) < 1:
            padded = f" with padding {sides_text(self.padding)}" if self.padding else ""
            dilated = f" with dilation {self.dilation}" if self.dilation > 1 else ""
            raise fail(
                "A212",
                f"a {kernel_text(self.kernel, len(axes))} window{dilated} does not fit "
                f"a map of {show(shape[1:])}{padded}",
                help="start from a larger input, or stride and pool less before this",
            )
        return sides

    def remarks(self, kind: str, shape: Shape, place: Place) -> Iterator[Diagnostic]:
        """Yield A227 for windows that read only padding, and A222 for pixels that none reads.

        Args:
            kind: the layer in words, such as `convolution`.
            shape: shape of the input.
            place: position of the layer in the spec.
        """
        axes = tuple(zip(self.along(shape), shape[1:], strict=True))
        if any(axis.misses(size) for axis, size in axes):
            name = f"a {kernel_text(self.kernel, len(axes))} {kind}"
            yield _only_padding(self, name, [axis for axis, _ in axes], place)
        # A kernel of 1 with a stride takes every second pixel on purpose, as projections do.
        left_out = [
            _named(*axis.unread(size), size, what, self.stride > axis.span)
            for (axis, size), what in zip(axes, ORDINALS[len(axes)], strict=True)
            if axis.kernel > 1 and axis.unread(size)[0]
        ]
        if left_out:
            name = f"a {kernel_text(self.kernel, len(axes))} {kind}"
            message = (
                f"{name} with stride {self.stride}"
                + (f" and dilation {self.dilation}" if self.dilation > 1 else "")
                + f" does not read {' and '.join(left_out)} of its {show(shape[1:])} map"
            )
            help = "another kernel, stride or padding, or another size of the map, reads all of it"
            yield Diagnostic("A222", message, level="note", help=help, **place)

    def text(self, usual_stride: Sides) -> str:
        """`k3s2p1`; a stride that is usual for the layer is left out."""
        return (
            f"k{sides_text(self.kernel)}"
            + (f"s{self.stride}" if self.stride != usual_stride else "")
            + (f"p{sides_text(self.padding)}" if self.padding else "")
            + (f"d{self.dilation}" if self.dilation > 1 else "")
            + ("ceil" if self.ceil else "")
        )


def show(shape: Shape) -> str:
    """`24x32x32`."""
    return "x".join(map(str, shape))


@lru_cache(maxsize=1024)  # asked for every layer several times; a network has few windows
def _axes(window: Window, dims: int) -> tuple[Axis, ...]:
    pairs = zip(each(window.kernel, dims), each(window.padding, dims), strict=True)
    return tuple(
        Axis(kernel, window.stride, padding, window.dilation, window.ceil)
        for kernel, padding in pairs
    )


def each(number: Sides, dims: int) -> tuple[int, ...]:
    """Return a number for each of `dims` dimensions.

    Args:
        number: one number, or one for each dimension.
        dims: number of dimensions of the map.
    """
    return number if isinstance(number, tuple) else (number,) * dims


def sides_text(number: Sides) -> str:
    """`3`, or `1x7` if the dimensions differ."""
    return show(number) if isinstance(number, tuple) else str(number)


def kernel_text(kernel: Sides, dims: int) -> str:
    """Return a kernel as text: `3x3`, `1x7` or `3x3x3`; `size-3` in one dimension.

    Args:
        kernel: one number, or one for each dimension.
        dims: number of dimensions of the map.
    """
    return f"size-{sides_text(kernel)}" if dims == 1 else show(each(kernel, dims))


def need_map(layer: Layer, shape: Shape) -> None:
    """Raise ArchdslError (A218) if the input of a layer is not a feature map.

    Args:
        layer: the layer, for the message.
        shape: shape of its input.
    """
    if len(shape) == 1:
        raise fail(
            "A218",
            f"{type(layer).__name__.lower()} takes a map, but is given "
            f"{counted(shape[0], 'flat feature')}",
            help="put it before `flatten`",
        )


def _only_padding(window: Window, name: str, axes: list[Axis], place: Place) -> Diagnostic:
    """A227: some windows of a layer read only zeros."""
    outer = any(axis.padding >= axis.span for axis in axes)
    message = (
        f"{'the outer' if outer else 'some'} windows of {name} "
        f"with padding {sides_text(window.padding)} see only zeros"
    )
    smallest = min(axis.span for axis in axes)
    help = f"write a padding below {smallest}" if outer else "write a smaller dilation or padding"
    return Diagnostic("A227", message, level="warning", help=help, **place)


def _named(count: int, trailing: bool, size: int, what: str, gaps: bool) -> str:
    """`the last row`, `the last 2 rows`, or `18 of 56 rows` where they lie between windows."""
    if gaps or not trailing:
        return f"{count} of {size} {what}s"
    return f"the last {what}" if count == 1 else f"the last {count} {what}s"
