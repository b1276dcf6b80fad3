"""Trackers, with packages that record how they are called."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from archdsl.apps.train.source.error import RunError
from archdsl.apps.train.source.tracker.tensorboard import TensorBoardTracker
from archdsl.apps.train.source.tracker.trackio import TrackioTracker
from archdsl.apps.train.source.tracker.wandb import WandbTracker

METRICS = {"step": 20, "epoch": 2, "loss": 0.5}


class Package(ModuleType):
    """A package of a tracker."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.calls: list[Any] = []

    def init(self, **arguments: Any) -> Package:
        self.calls.append(arguments)
        return self

    def log(self, metrics: dict[str, Any], step: int) -> None:
        self.calls.append((metrics, step))

    def finish(self) -> None:
        self.calls.append("finish")


class SummaryWriter:
    """The writer of TensorBoard."""

    calls: list[Any]

    def __init__(self, folder: str) -> None:
        type(self).calls = [folder]

    def add_scalar(self, name: str, value: float, step: int) -> None:
        self.calls.append((name, value, step))

    def flush(self) -> None:
        self.calls.append("flush")

    def close(self) -> None:
        self.calls.append("close")


@pytest.mark.parametrize(
    ("name", "tracker", "logged"),
    [
        ("wandb", WandbTracker, METRICS),
        ("trackio", TrackioTracker, {"epoch": 2, "loss": 0.5}),
    ],
)
def test_a_run_that_is_continued_is_one_run(
    name: str, tracker: Any, logged: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = Package(name)
    monkeypatch.setitem(sys.modules, name, package)
    for _ in range(2):
        own = tracker(tmp_path, "nets")
        own.log(METRICS, 20)
        own.close()
    first, *rest = package.calls
    assert first["project"] == "nets"
    assert first["resume"] == "allow"
    assert (tmp_path / "run-id").read_text() in (first.get("id"), first["name"][-8:])
    assert rest == [(logged, 20), "finish", first, (logged, 20), "finish"]


def test_tensorboard_gets_every_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = SummaryWriter
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    tracker = TensorBoardTracker(tmp_path)
    tracker.log(METRICS, 20)
    tracker.close()
    rows = [(name, value, 20) for name, value in METRICS.items()]
    assert SummaryWriter.calls == [str(tmp_path), *rows, "flush", "close"]


@pytest.mark.parametrize(
    ("module", "name", "tracker"),
    [
        ("wandb", "wandb", lambda run: WandbTracker(run, "nets")),
        ("trackio", "trackio", lambda run: TrackioTracker(run, "nets")),
        ("torch.utils.tensorboard", "tensorboard", TensorBoardTracker),
    ],
)
def test_a_missing_package_is_named(
    module: str, name: str, tracker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RunError, match=f"pip install {name}`"):
        tracker(tmp_path)
