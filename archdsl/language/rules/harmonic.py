"""`{rule: harmonic}`: reads at each power of two that divides the layer's number (HarDNet)."""

from __future__ import annotations

from typing import ClassVar, Literal

from archdsl.language.rule import floor_log
from archdsl.language.rules.ordered import Ordered


def harmonic(layer: int) -> list[int]:
    """The outputs that a layer reads: 1, 2, 4, ... back while these divide it, nearest first."""
    sources = []
    offset = 1
    while layer % offset == 0:
        sources.append(layer - offset)
        offset *= 2
    return sources


class Harmonic(Ordered):
    """HarDNet's topology: layer l reads y_(l - 2^i) for every 2^i that divides l."""

    since: ClassVar[int] = 2
    rule: Literal["harmonic"]
    sources: ClassVar = staticmethod(harmonic)

    def fan_in(self, layer: int) -> int:
        """1 + the number of times that 2 divides l."""
        return (layer & -layer).bit_length()

    def links(self, layers: int) -> int:
        """2 N less the ones of N in binary: floor(N / 2^i) layers read 2^i back."""
        return 2 * layers - layers.bit_count()

    def bound(self, layers: int) -> int:
        """2 N."""
        return 2 * layers

    def fan_in_bound(self, layer: int) -> int:
        """floor(log_2 l) + 1."""
        return floor_log(2, layer) + 1

    def says(self) -> str:
        """The reads in words."""
        return f"the outputs 1, 2, 4, ... back while these divide its number, {self.first()}"
