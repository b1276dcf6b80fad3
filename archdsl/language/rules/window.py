"""`{rule: window, last: m}`: every layer reads the m outputs before it, nearest first."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.rules.ordered import Ordered
from archdsl.language.values import Count


def window(layer: int, last: int) -> range:
    """The outputs that a layer reads: the `last` newest, nearest first.

    Args:
        layer: the number of the layer, 1 or more.
        last: how many outputs are read.
    """
    return range(layer - 1, max(-1, layer - 1 - last), -1)


class Window(Ordered):
    """A sliding window over the outputs."""

    rule: Literal["window"]
    last: Count = Field(description="how many of the latest outputs are read")
    sources: ClassVar = staticmethod(window)

    def arguments(self) -> tuple[int]:
        """The width of the window."""
        return (self.last,)

    def fan_in(self, layer: int) -> int:
        """min(l, m)."""
        return min(layer, self.last)

    def links(self, layers: int) -> int:
        """m N, less what the first layers lack."""
        missing = min(layers, self.last - 1)
        return layers * self.last - missing * self.last + missing * (missing + 1) // 2

    def bound(self, layers: int) -> int:
        """m N."""
        return layers * self.last

    def fan_in_bound(self, layer: int) -> int:
        """m."""
        return self.last

    def offsets(self, layers: int) -> range:
        """1 ... m."""
        return range(1, min(layers, self.last) + 1)

    def says(self) -> str:
        """The reads in words."""
        return f"the last {self.last} outputs, {self.first()}"
