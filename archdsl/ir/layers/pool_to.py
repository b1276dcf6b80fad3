"""Pooling to a fixed size."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from archdsl.errors import fail
from archdsl.ir.layers.layer import Kept, Layer, Shape
from archdsl.ir.layers.pool import INDEX
from archdsl.ir.layers.windows import need_map, show


@dataclass(frozen=True, slots=True)
class PoolTo(Layer):
    """Pooling to a map of `side` x `side` pixels, which is at most the size before."""

    kind: str
    side: int

    def after(self, shape: Shape) -> Shape:
        need_map(self, shape)
        if self.side > min(shape[1:]):
            raise fail(
                "A212",
                f"a pooling to {self.side}x{self.side} would enlarge a map of {show(shape[1:])}",
                note="torch would repeat pixels; archdsl refuses to",
                help=f"write `to: {min(shape[1:])}` or less, or stride and pool less before this",
            )
        return (shape[0], self.side, self.side)

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        if self.kind == "max":
            return Kept(input=True, extra=INDEX * prod(after))
        return Kept(input=self.side > 1)  # torch computes the mean of a whole map without it

    def window(self, before: Shape) -> tuple[int, int]:
        # The largest window; the step between windows, rounded down.
        size, side = max(before[1:]), self.side
        windows = (-(-(i + 1) * size // side) - i * size // side for i in range(side))
        return max(windows), size // side

    def text(self) -> str:
        return f"{self.kind}-pool:{self.side}x{self.side}"

    def words(self) -> str:
        return f"{self.kind} pool to {self.side}x{self.side}"

    def summary(self) -> str:
        return self.words()
