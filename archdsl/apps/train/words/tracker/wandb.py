"""`wandb`: a run of Weights & Biases."""

from __future__ import annotations

from typing import Literal

from archdsl.apps.train.words.tracker.project import InProject
from archdsl.backends.pytorch.literal import literal


class Wandb(InProject):
    """A run of Weights & Biases."""

    kind: Literal["wandb"]

    def code(self) -> str:
        """The expression."""
        return f"WandbTracker(run, {literal(str(self.project))})"
