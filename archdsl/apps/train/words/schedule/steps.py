"""`steps`: the rate is multiplied by a factor at some points of the training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from archdsl.apps.train.words.numbers import Factor, Share
from archdsl.apps.train.words.schedule.warmup import WarmedUp


class Steps(WarmedUp):
    """The rate is multiplied by a factor at some points of the training."""

    kind: Literal["steps"]
    at: Annotated[tuple[Share, ...], Field(min_length=1, max_length=64, strict=False)] = Field(
        description="the points, as shares of all steps: [1/2, 3/4]"
    )
    factor: Factor = Field(0.1, description="what the rate is multiplied by at each")

    def decay(self) -> str:
        """The expression without the warm-up."""
        return f"step_decay(progress, {self.at!r}, {self.factor!r})"
