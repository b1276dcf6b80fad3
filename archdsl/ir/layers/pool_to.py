"""Pooling to a fixed size."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from archdsl.errors import fail
from archdsl.ir.layers.layer import Kept, Layer, Numbers, Shape
from archdsl.ir.layers.pool import INDEX, Pool
from archdsl.ir.layers.windows import need_map, show
from archdsl.ir.steps import LayerStep
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class PoolTo(Layer):
    """Pooling to a map of `side` pixels along each dimension, which is at most the size before."""

    fixes_size: ClassVar[bool] = True
    kind: str
    side: int
    dims: int = 2

    def after(self, shape: Shape) -> Shape:
        need_map(self, shape)
        if self.side > min(shape[1:]):
            raise fail(
                "A212",
                f"a pooling to {show((self.side,) * self.dims)} would enlarge "
                f"a map of {show(shape[1:])}",
                note="torch would repeat pixels; archdsl refuses to",
                help=f"write `to: {min(shape[1:])}` or less, or stride and pool less before this",
            )
        return (shape[0], *(self.side for _ in shape[1:]))

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        if self.kind == "max":
            return Kept(input=True, extra=INDEX * prod(after))
        return Kept(input=self.side > 1)  # torch computes the mean of a whole map without it

    def window(self, before: Shape, axis: int = 0) -> tuple[int, int]:
        # The largest window; the step between windows, rounded down.
        size, side = before[1 + axis], self.side
        return max(end - start for start, end in self._windows(size)), size // side

    def windowed(self, before: Shape) -> Layer:
        windows = {self._windows(size) for size in before[1:]}
        if self.side == 1 or len(windows) > 1:
            return self
        (each,) = windows
        kernel, stride = each[0][1] - each[0][0], each[1][0]
        even = all(place == (i * stride, i * stride + kernel) for i, place in enumerate(each))
        return Pool(self.kind, kernel, stride, dims=self.dims) if even else self

    def _windows(self, size: int) -> tuple[tuple[int, int], ...]:
        """Return the first pixel and the end of each window along a dimension of this size."""
        side = self.side
        return tuple((i * size // side, -(-(i + 1) * size // side)) for i in range(side))

    def fused_step(self) -> LayerStep | None:
        return LayerStep(f"{self.kind}_to", (self.side,)) if self.dims == 2 else None

    def text(self) -> str:
        return f"{self.kind}-pool:{show((self.side,) * self.dims)}"

    def words(self) -> str:
        return f"{self.kind} pool to {show((self.side,) * self.dims)}"

    def summary(self) -> str:
        return self.words()

    def names(self) -> frozenset[str]:
        return frozenset({self._function()})

    def call(self, x: str, numbers: Numbers) -> str:
        return f"{self._function()}({x}, {self.side})"

    def _function(self) -> str:
        return f"functional.adaptive_{'avg' if self.kind == 'average' else 'max'}_pool{self.dims}d"


def pooling(word: words.Pool, name: str, shape: Shape, stride: int) -> Pool | PoolTo | None:
    """Return the pooling for a word, which has either a window or a size.

    A window of one pixel that moves by one changes nothing, and is left out.

    Args:
        word: the word with its numbers known.
        name: not used, as pools have no weights.
        shape: shape of its input.
        stride: not used: a pool whose word states no stride moves by its kernel.

    Raises:
        ArchdslError: A103, A213 or A226, without a position.
    """
    dims = len(shape) - 1
    if word.to is not None:
        for key in ("kernel", "stride", "padding", "ceil"):
            if key in word.model_fields_set:
                message = f"`to` says how large the map becomes, so `{key}` would be ignored"
                raise fail("A226", message, help=f"leave `{key}` or `to` out")
        return PoolTo(word.kind, word.to, dims)
    if word.kernel is None:
        raise fail("A103", "a pool needs either `kernel` or `to`", help="{pool: {to: 1}}")
    if word.padding > word.kernel // 2:
        raise fail("A213", f"padding {word.padding} is more than half of a kernel of {word.kernel}")
    if word.kernel == (word.stride or word.kernel) == 1:
        return None
    if word.kernel == (word.stride or word.kernel) == 1:
        return None
    return Pool(word.kind, word.kernel, word.stride or word.kernel, word.padding, word.ceil, dims)
