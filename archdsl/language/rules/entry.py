"""`{rule: entry}`: every layer reads the input of the stage, and the exit reads every layer."""

from __future__ import annotations

from typing import ClassVar, Literal

from archdsl.language.rule import Rule


def entry(layer: int) -> list[int]:
    """The outputs that a layer reads: y_0 alone."""
    return [0]


class Entry(Rule):
    """Parallel branches, as in Inception: the stage returns y_1 ... y_N joined."""

    since: ClassVar[int] = 2
    rule: Literal["entry"]
    sources: ClassVar = staticmethod(entry)
    reads_one: ClassVar[bool] = True

    def exit_reads(self, layers: int) -> range:
        """y_1 ... y_N: a layer N + 1 would read y_0 alone, and no branch would leave the stage."""
        return range(1, layers + 1)

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

    def says(self) -> str:
        """The reads in words."""
        return "the input of the stage"
