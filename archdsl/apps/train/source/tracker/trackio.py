"""Metrics for Trackio."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archdsl.apps.train.source.error import RunError
from archdsl.apps.train.source.tracker.identity import identity


class TrackioTracker:
    """Metrics as a run of Trackio.

    Args:
        run: the folder of the run.
        project: the project of the run.
    """

    def __init__(self, run: Path, project: str) -> None:
        try:
            import trackio
        except ImportError:
            raise RunError("the tracker trackio needs `pip install trackio`") from None
        name = f"{run.resolve().name}-{identity(run)}"  # Trackio knows runs by their names
        self.run: Any = trackio.init(project=project, name=name, resume="allow")

    def log(self, metrics: dict[str, Any], step: int) -> None:
        """Record numbers by name.

        Args:
            metrics: the numbers.
            step: the step that they are of.
        """
        own = {name: value for name, value in metrics.items() if name != "step"}
        self.run.log(own, step=step)  # which has `step` as a name of its own

    def close(self) -> None:
        """Write what is not yet written."""
        self.run.finish()
