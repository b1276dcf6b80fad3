"""`linear`: the rate falls in a straight line."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.apps.train.words.numbers import Factor
from archdsl.apps.train.words.schedule.warmup import WarmedUp


class LinearDecay(WarmedUp):
    """The rate falls in a straight line."""

    shorthand: ClassVar[str | None] = "final"

    kind: Literal["linear"]
    final: Factor = Field(0.0, description="the share of the rate that it falls to")

    def decay(self) -> str:
        """The expression without the warm-up."""
        return f"linear_decay(progress, {self.final!r})"
