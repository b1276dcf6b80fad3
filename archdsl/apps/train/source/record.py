"""What a run writes while it trains: metrics.jsonl, trackers, and lines for people."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Protocol

from archdsl.apps.train.source.checkpoint import write


class Tracker(Protocol):
    """A place for metrics beside the file, such as TensorBoard."""

    def log(self, metrics: dict[str, Any], step: int) -> None:
        """Record numbers.

        Args:
            metrics: the numbers by name.
            step: the step that they are of.
        """

    def close(self) -> None:
        """Write what is not yet written."""


class Record:
    """The metrics of a run, in a file and in trackers, and lines that show how far it is.

    Args:
        path: of metrics.jsonl, which has a row of JSON per epoch.
        step: rows of later steps are dropped: the run has gone back to a checkpoint of this step.
        trackers: where metrics go too.
        shown: whether this process writes at all: one of several does.
    """

    def __init__(self, path: Path, step: int, trackers: list[Any], shown: bool) -> None:
        self.path, self.trackers, self.shown = path, trackers, shown
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        self.rows = [line for line in lines if step_of(line) <= step]

    def row(self, values: dict[str, Any]) -> None:
        """Record numbers by name, `step` among them."""
        self.rows.append(json.dumps(values))
        if self.shown:
            text = "".join(f"{row}\n" for row in self.rows)
            write(self.path, lambda file: file.write(text.encode()))
        for tracker in self.trackers:
            tracker.log(values, values["step"])

    def say(self, text: str) -> None:
        """Print a line."""
        if self.shown:
            self.progress("")
            print(text, flush=True)

    def progress(self, text: str, log: bool = False) -> None:
        """Show a line on a terminal until the next one.

        Args:
            text: the line.
            log: whether the line is also printed to a file.
        """
        if self.shown and sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{text}")
            sys.stderr.flush()
        elif self.shown and log:
            print(text, file=sys.stderr, flush=True)


def step_of(line: str) -> float:
    """Return the step of a row of metrics, which is infinite for a row that is damaged."""
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
