"""`cosine`: the rate falls along half a period of a cosine."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.apps.train.words.numbers import Factor
from archdsl.apps.train.words.schedule.warmup import WarmedUp


class Cosine(WarmedUp):
    """The rate falls along half a period of a cosine."""

    shorthand: ClassVar[str | None] = "final"

    kind: Literal["cosine"]
    final: Factor = Field(0.0, description="the share of the rate that it falls to")

    def decay(self) -> str:
        """The expression without the warm-up."""
        return f"cosine_decay(progress, {self.final!r})"
