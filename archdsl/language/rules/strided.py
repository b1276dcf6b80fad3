"""`{rule: strided, step: s}`: every s-th output, counted back from the newest (DenseFormer)."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.rule import sum_of_ceilings
from archdsl.language.rules.ordered import Ordered
from archdsl.language.values import Count


def strided(layer: int, step: int) -> range:
    """The outputs that a layer reads: the newest and every `step`-th before it, nearest first.

    Args:
        layer: the number of the layer, 1 or more.
        step: the distance between the outputs that are read.
    """
    return range(layer - 1, -1, -step)


class Strided(Ordered):
    """A dilated `full`: layer l reads y_(l-1), y_(l-1-s), y_(l-1-2s), ...; step 1 reads all."""

    since: ClassVar[int] = 2
    rule: Literal["strided"]
    step: Count = Field(description="distance between the outputs that are read")
    sources: ClassVar = staticmethod(strided)

    def arguments(self) -> tuple[int]:
        """The step."""
        return (self.step,)

    def fan_in(self, layer: int) -> int:
        """ceil(l / s)."""
        return -(-layer // self.step)

    def links(self, layers: int) -> int:
        """The sum of ceil(l / s)."""
        return sum_of_ceilings(layers, self.step)

    def offsets(self, layers: int) -> range:
        """1, 1 + s, 1 + 2 s, ..."""
        return range(1, layers + 1, self.step)

    def says(self) -> str:
        """The reads in words."""
        if self.step == 1:
            return f"every earlier output, {self.first()}"
        return f"the newest output and every {self.step}-th before it, {self.first()}"
