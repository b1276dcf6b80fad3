"""`tensorboard`: event files in the folder of the run."""

from __future__ import annotations

from typing import Literal

from archdsl.apps.train.words.word import TrackerWords


class TensorBoard(TrackerWords):
    """Event files in the folder of the run."""

    kind: Literal["tensorboard"]

    def code(self) -> str:
        """The expression."""
        return "TensorBoardTracker(run)"
