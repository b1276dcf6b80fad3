"""`constant`: the rate of the recipe throughout."""

from __future__ import annotations

from typing import Literal

from archdsl.apps.train.words.schedule.warmup import WarmedUp


class Constant(WarmedUp):
    """The rate of the recipe throughout."""

    kind: Literal["constant"]

    def decay(self) -> str:
        """The expression without the warm-up."""
        return "1.0"
