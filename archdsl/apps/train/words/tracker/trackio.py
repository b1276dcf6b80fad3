"""`trackio`: a run of Trackio, which keeps metrics on this computer."""

from __future__ import annotations

from typing import Literal

from archdsl.apps.train.words.tracker.project import InProject
from archdsl.backends.pytorch.literal import literal


class Trackio(InProject):
    """A run of Trackio, which keeps metrics on this computer."""

    kind: Literal["trackio"]

    def code(self) -> str:
        """The expression."""
        return f"TrackioTracker(run, {literal(str(self.project))})"
