"""What all schedules have: the share of steps in which the rate rises."""

from __future__ import annotations

from abc import abstractmethod

from pydantic import Field

from archdsl.apps.train.words.numbers import Share
from archdsl.apps.train.words.word import ScheduleWords


class WarmedUp(ScheduleWords):
    """A schedule that can begin with a warm-up."""

    warmup: Share = Field(
        0.0, description="share of all steps in which the rate rises from 0 in a straight line"
    )

    @abstractmethod
    def decay(self) -> str:
        """The expression without the warm-up."""

    def code(self) -> str:
        """The expression: the warm-up multiplies the schedule, which is not shifted."""
        if not self.warmup:
            return self.decay()
        return f"warm_up(progress, {self.warmup!r}) * {self.decay()}"
