"""Metrics for TensorBoard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archdsl.apps.train.source.error import RunError


class TensorBoardTracker:
    """Metrics as event files.

    Args:
        run: the folder of the run, which `tensorboard --logdir` shows.
    """

    def __init__(self, run: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise RunError("the tracker tensorboard needs `pip install tensorboard`") from None
        self.writer: Any = SummaryWriter(str(run))

    def log(self, metrics: dict[str, Any], step: int) -> None:
        """Record numbers by name.

        Args:
            metrics: the numbers.
            step: the step that they are of.
        """
        for name, value in metrics.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()

    def close(self) -> None:
        """Write what is not yet written."""
        self.writer.close()
