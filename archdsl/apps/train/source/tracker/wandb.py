"""Metrics for Weights & Biases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archdsl.apps.train.source.error import RunError
from archdsl.apps.train.source.tracker.identity import identity


class WandbTracker:
    """Metrics as a run of Weights & Biases.

    Args:
        run: the folder of the run.
        project: the project of the run.
    """

    def __init__(self, run: Path, project: str) -> None:
        try:
            import wandb
        except ImportError:
            raise RunError("the tracker wandb needs `pip install wandb`") from None
        self.run: Any = wandb.init(
            project=project, id=identity(run), name=run.resolve().name, dir=run, resume="allow"
        )

    def log(self, metrics: dict[str, Any], step: int) -> None:
        """Record numbers by name.

        Args:
            metrics: the numbers.
            step: the step that they are of.
        """
        self.run.log(metrics, step=step)

    def close(self) -> None:
        """Write what is not yet written."""
        self.run.finish()
