"""A run: what its folder says about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archdsl.apps.runs.values import (
    Value,
    count,
    number,
    percentage,
    printable,
    settings,
    text,
)
from archdsl.frontend.load import Spec


@dataclass(frozen=True)
class Epoch:
    """The metrics after an epoch. `loss` is that of training, `error` is in percent."""

    epoch: int
    loss: float | None
    error: float | None
    seconds: float | None


@dataclass(frozen=True)
class Summary:
    """What `summary.json` says, or the checkpoint of a run that has none yet.

    `error` is that of the final weights on the test images, and `best_error` the smallest after an
    epoch, both in percent. Whatever is missing is None, or empty.
    """

    network: str = ""
    spec_sha256: str = ""
    recipe: str = ""
    recipe_sha256: str = ""
    data: str = ""
    parameters: int | None = None
    error: float | None = None
    best_error: float | None = None
    finished: bool = False
    epochs: int | None = None
    seconds: float | None = None
    peak_memory_bytes: int | None = None
    processes: int | None = None
    device: str = ""
    torch: str = ""
    settings: Mapping[str, Value] = field(default_factory=dict)


def summary_of(values: Mapping[str, Any]) -> Summary:
    """Return the summary that JSON holds; what is missing or has another type is left out."""
    return Summary(
        network=text(values, "network"),
        spec_sha256=text(values, "spec_sha256"),
        recipe=text(values, "recipe"),
        recipe_sha256=text(values, "recipe_sha256"),
        data=text(values, "data"),
        device=text(values, "device"),
        torch=text(values, "torch"),
        parameters=count(values, "parameters"),
        epochs=count(values, "epochs"),
        peak_memory_bytes=count(values, "peak_memory_bytes"),
        processes=count(values, "processes"),
        error=percentage(values, "error"),
        best_error=percentage(values, "best_error"),
        finished=values.get("finished") is True,
        seconds=number(values, "seconds"),
        settings=settings(values),
    )


@dataclass(frozen=True)
class Run:
    """A folder of a training.

    Attributes:
        path: the folder.
        summary: what the run says about itself.
        rows: the metrics of its epochs, in their order.
        spec: the network; None if `net.py` cannot be read.
        problem: why it cannot be read.
        recipe: the values of `recipe.yaml`; None if it cannot be read.
        counted: the parameters of the network, if the summary has none.
    """

    path: Path
    summary: Summary
    rows: tuple[Epoch, ...] = ()
    spec: Spec | None = None
    problem: str = ""
    recipe: Mapping[str, Any] | None = None
    counted: int | None = None

    @property
    def name(self) -> str:
        """Return the path as text that can be printed."""
        return printable(str(self.path))

    @property
    def network(self) -> str:
        """Return the name of the network; that of the folder if it is not known."""
        return self.spec.name if self.spec else self.summary.network or printable(self.path.name)

    @property
    def spec_sha256(self) -> str:
        """Return the hash of the spec with its settings, or an empty text."""
        return self.summary.spec_sha256 or (self.spec.sha256 if self.spec else "")

    @property
    def parameters(self) -> int | None:
        """Return the number of parameters."""
        return self.counted if self.summary.parameters is None else self.summary.parameters

    @property
    def seed(self) -> Value:
        """Return the seed."""
        return self.summary.settings.get("seed")

    @property
    def epochs(self) -> int:
        """Return the number of epochs that are done."""
        return max(self.summary.epochs or 0, self.rows[-1].epoch if self.rows else 0)

    @property
    def current(self) -> bool:
        """Return whether the summary is newer than the metrics: a run can go on after it."""
        return self.summary.epochs in {None, self.epochs}

    @property
    def finished(self) -> bool:
        """Return whether all epochs are done."""
        return self.summary.finished and self.current

    @property
    def error(self) -> float | None:
        """Return the error of the final weights on the test images, in percent."""
        return self.summary.error if self.current else None

    @property
    def best_error(self) -> float | None:
        """Return the smallest error after an epoch, in percent."""
        errors = [row.error for row in self.rows if row.error is not None]
        if self.summary.best_error is not None:
            errors.append(self.summary.best_error)
        return min(errors, default=None)

    @property
    def seconds(self) -> float | None:
        """Return the time of the training so far."""
        times = [self.summary.seconds, *(row.seconds for row in self.rows[-1:])]
        return max((time for time in times if time is not None), default=None)
