"""`{rule: exponential, base: c}`: reads at exponentially growing distances (equation 2)."""

from __future__ import annotations

from typing import ClassVar, Literal

from archdsl.language.rule import floor_log
from archdsl.language.rules.ordered import Ordered
from archdsl.language.values import Base


def exponential(layer: int, base: int) -> list[int]:
    """The outputs that a layer reads: 1, base, base**2, ... back, nearest first."""
    sources = []
    offset = 1
    while offset <= layer:
        sources.append(layer - offset)
        offset *= base
    return sources


class Exponential(Ordered):
    """SparseNet's topology: layer l reads y_(l - c^k) for every c^k <= l."""

    rule: Literal["exponential"]
    base: Base = 2
    sources: ClassVar = staticmethod(exponential)

    def arguments(self) -> tuple[int]:
        """The base."""
        return (self.base,)

    def fan_in(self, layer: int) -> int:
        """floor(log_c l) + 1 (equation 2)."""
        return floor_log(self.base, layer) + 1

    def links(self, layers: int) -> int:
        """Sum over the distances c^k <= N of the N - c^k + 1 layers that have room for one."""
        return sum(layers - offset + 1 for offset in self.offsets(layers))

    def bound(self, layers: int) -> int:
        """N (floor(log_c N) + 1), the O(N log N) of equation 4."""
        return layers * (floor_log(self.base, layers) + 1)

    def fan_in_bound(self, layer: int) -> int:
        """floor(log_c l) + 1."""
        return floor_log(self.base, layer) + 1

    def offsets(self, layers: int) -> tuple[int, ...]:
        """c^0, c^1, ... up to `layers`."""
        return tuple(self.base**power for power in range(floor_log(self.base, layers) + 1))

    def plain_because(self, layers: int) -> str | None:
        """No layer of two or more has room for the distance c."""
        if self.base > layers + 1 > 2:
            return f"base {self.base:,} is larger than the {layers} layers"
        return None

    def says(self) -> str:
        """The reads in words."""
        distances = ", ".join(str(self.base**power) for power in range(4))
        return f"the outputs {distances}, ... back, {self.first()}"
