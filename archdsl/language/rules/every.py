"""`{rule: every, step: s}`: the outputs 1, 1 + s, 1 + 2 s, ... and the newest (HarDNet's exit)."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.rule import Rule, sum_of_ceilings
from archdsl.language.values import Count


def every(layer: int, step: int) -> list[int]:
    """The outputs that a layer reads: 1, 1 + step, ... and the newest, oldest first.

    Args:
        layer: the number of the layer, 1 or more.
        step: the distance between the outputs that are read.
    """
    sources = list(range(1, layer, step))
    if not sources or sources[-1] != layer - 1:
        sources.append(layer - 1)
    return sources


class Every(Rule):
    """With step 2, the default, the odd outputs and the newest one."""

    since: ClassVar[int] = 2
    rule: Literal["every"]
    step: Count = Field(2, description="a layer reads every `step`-th output")
    sources: ClassVar = staticmethod(every)

    def arguments(self) -> tuple[int]:
        """The step."""
        return (self.step,)

    def fan_in(self, layer: int) -> int:
        """1 + ceil((l - 2) / s), and 1 for the first layer, which reads y_0."""
        return 1 - min(0, (2 - layer) // self.step)

    def links(self, layers: int) -> int:
        """N plus the sum of ceil(m / s) for m from 1 to N - 2."""
        return layers + sum_of_ceilings(max(0, layers - 2), self.step)

    def says(self) -> str:
        """The reads in words."""
        return (
            f"the outputs 1, {1 + self.step}, {1 + 2 * self.step}, ... and the newest, oldest first"
        )
