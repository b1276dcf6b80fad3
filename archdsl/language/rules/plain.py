"""`{rule: plain}`: every layer reads the one before it."""

from __future__ import annotations

from typing import ClassVar, Literal

from archdsl.language.rule import Rule


def plain(layer: int) -> list[int]:
    """The outputs that a layer reads: the newest alone."""
    return [layer - 1]


class Plain(Rule):
    """A chain, as in VGG."""

    rule: Literal["plain"]
    sources: ClassVar = staticmethod(plain)
    reads_one: ClassVar[bool] = True
    reads_newest: ClassVar[bool] = True

    def fan_in(self, layer: int) -> int:
        """One."""
        return 1

    def links(self, layers: int) -> int:
        """N."""
        return layers

    def bound(self, layers: int) -> int:
        """N."""
        return layers

    def fan_in_bound(self, layer: int) -> int:
        """One."""
        return 1

    def offsets(self, layers: int) -> tuple[int, ...]:
        """One back."""
        return (1,)

    def says(self) -> str:
        """The reads in words."""
        return "the output before it"
