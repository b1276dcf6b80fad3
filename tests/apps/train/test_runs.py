"""Training by emitted files: interrupted runs, several processes, and what goes wrong."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import time
from collections.abc import Iterator
from itertools import zip_longest
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import torch

from training_runs import (
    WITHOUT_NORMS,
    checkpoint,
    digits,
    finished,
    log,
    started,
    together,
    written,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return digits(tmp_path_factory.mktemp("data") / "digits.npz")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    folder = written(tmp_path_factory.mktemp("runs") / "undisturbed")
    assert finished(folder, "--data", data) == 0, log(folder)
    return folder


def different(first: Any, second: Any, path: str = "") -> Iterator[str]:
    """Where two checkpoints differ in a bit, except for the time that they took."""
    if isinstance(first, dict):
        for key in (first.keys() | second.keys()) - {"seconds"}:
            yield from different(first.get(key), second.get(key), f"{path}.{key}")
    elif isinstance(first, list | tuple):
        for index, pair in enumerate(zip_longest(first, second)):
            yield from different(*pair, f"{path}.{index}")
    elif type(first) is not type(second) or not (
        torch.equal(first, second) if isinstance(first, torch.Tensor) else first == second
    ):
        yield path


def rows(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "metrics.jsonl").read_text("utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


def wait_for(path: Path, process: BaseProcess) -> None:
    """Wait until a file is there, or the process has ended."""
    for _ in range(6_000):
        if path.exists() or not process.is_alive():
            return
        time.sleep(0.01)
    raise AssertionError(f"no {path}")


def interrupted(processes: list[BaseProcess], path: Path, number: int, wait: float) -> list[Any]:
    """Send a signal to the first process some time after a file is there; return exit codes."""
    wait_for(path, processes[0])
    time.sleep(wait)
    os.kill(processes[0].pid or 0, number)
    for process in processes[1:] if number == signal.SIGKILL else ():
        process.kill()
    for process in processes:
        process.join(timeout=120)
    return [process.exitcode for process in processes]


def test_a_run_ends_with_all_of_its_files(undisturbed: Path) -> None:
    found = rows(undisturbed)
    summary = json.loads((undisturbed / "summary.json").read_text("utf-8"))
    assert [(row["epoch"], row["step"]) for row in found] == [(1, 10), (2, 20), (3, 30)]
    assert found[-1]["loss"] < found[0]["loss"]
    assert summary["error"] == found[-1]["error"]
    assert summary["best_error"] == min(row["error"] for row in found)
    assert (summary["finished"], summary["epochs"], summary["steps"]) == (True, 3, 30)
    assert (undisturbed / "epoch-0002.pt").exists()
    assert not list(undisturbed.glob("*.part"))
    state = checkpoint(undisturbed / "last.pt")
    assert summary["parameters"] == sum(
        state["model"][name].numel() for name in state["model"] if name.endswith(("weight", "bias"))
    )


def test_a_run_that_is_killed_and_stopped_is_the_same_to_the_last_bit(
    tmp_path: Path, data: Path, undisturbed: Path
) -> None:
    folder, chance = written(tmp_path / "run"), random.Random(1)
    killed = interrupted(
        [started(folder, "--data", data)], folder / "last.pt", signal.SIGKILL, chance.random() / 5
    )
    stopped = interrupted(
        [started(folder, "--data", data)], folder / "metrics.jsonl", signal.SIGTERM, 0.05
    )
    assert (killed, stopped) == ([-9], [128 + 15]), log(folder)
    assert "run it again to continue" in log(folder)
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"step": 2')  # as a full disk may leave it
    assert finished(folder, "--data", data) == 0, log(folder)
    assert not [*different(checkpoint(folder / "last.pt"), checkpoint(undisturbed / "last.pt"))]
    assert not [*different(checkpoint(folder / "best.pt"), checkpoint(undisturbed / "best.pt"))]
    assert rows(folder) == rows(undisturbed)


def test_two_processes_that_are_killed_go_on_to_the_last_bit(tmp_path: Path, data: Path) -> None:
    whole, parts = written(tmp_path / "whole"), written(tmp_path / "parts")
    for process in (running := together(whole, "--data", data)):
        process.join(timeout=120)
    assert [process.exitcode for process in running] == [0, 0], log(whole)
    killed = interrupted(together(parts, "--data", data), parts / "last.pt", signal.SIGKILL, 0.1)
    assert killed == [-9, -9]
    stopped = interrupted(
        together(parts, "--data", data), parts / "metrics.jsonl", signal.SIGTERM, 0
    )
    assert stopped == [143, 143], log(parts)
    for process in (running := together(parts, "--data", data)):
        process.join(timeout=120)
    assert [process.exitcode for process in running] == [0, 0], log(parts)
    assert not [*different(checkpoint(parts / "last.pt"), checkpoint(whole / "last.pt"))]
    assert rows(parts) == rows(whole)


@pytest.mark.parametrize("option", ["--no-fsdp", "--fsdp"])
def test_two_processes_have_the_gradients_of_one(tmp_path: Path, data: Path, option: str) -> None:
    options: list[str | Path] = [
        "--data",
        data,
        "--epochs",
        "1",
        "--limit-steps",
        "5",
        "--ema",
        "0",
    ]
    one, two = (written(tmp_path / name, WITHOUT_NORMS) for name in ("one", "two"))
    assert finished(one, *options) == 0, log(one)
    for process in (running := together(two, *options, option)):
        process.join(timeout=120)
    assert [process.exitcode for process in running] == [0, 0], log(two)
    first, second = (checkpoint(folder / "last.pt")["model"] for folder in (one, two))
    assert first.keys() == second.keys()
    for name in first:
        torch.testing.assert_close(first[name], second[name], rtol=1e-5, atol=1e-6)


def test_parts_of_a_batch_have_the_gradient_of_the_batch(tmp_path: Path, data: Path) -> None:
    options: list[str | Path] = ["--data", data, "--epochs", "1", "--limit-steps", "5"]
    one, four = (written(tmp_path / name, WITHOUT_NORMS) for name in ("one", "four"))
    assert finished(one, *options) == 0, log(one)
    assert finished(four, *options, "--accumulate", "4") == 0, log(four)
    first, second = (checkpoint(folder / "last.pt")["model"] for folder in (one, four))
    for name in first:
        torch.testing.assert_close(first[name], second[name], rtol=1e-5, atol=1e-6)


def test_another_setting_does_not_go_on(data: Path, undisturbed: Path) -> None:
    before = (undisturbed / "last.pt").read_bytes()
    assert finished(undisturbed, "--data", data, "--rate", "0.5") == 1
    assert "was trained with rate 0.05; choose another --folder" in log(undisturbed)
    assert (undisturbed / "last.pt").read_bytes() == before


def test_a_loss_that_is_not_finite_ends_the_run(tmp_path: Path, data: Path) -> None:
    folder = written(tmp_path / "run", WITHOUT_NORMS)
    options: list[str | Path] = ["--data", data, "--clip", "0", "--ema", "0"]
    assert finished(folder, *options, "--limit-steps", "6") == 0, log(folder)
    before = (folder / "last.pt").read_bytes()
    state = checkpoint(folder / "last.pt")
    state["settings"]["rate"] = 1e30
    torch.save(state, folder / "last.pt")
    assert finished(folder, *options, "--rate", "1e30") == 1
    assert "Try a smaller --rate" in log(folder)
    assert "Traceback" not in log(folder)
    kept = checkpoint(folder / "last.pt")
    assert all(bool(weight.isfinite().all()) for weight in kept["model"].values())
    (folder / "last.pt").write_bytes(before)
    assert finished(folder, *options) == 0, log(folder)


def test_a_full_disk_leaves_the_checkpoint_from_before(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "run")
    assert finished(folder, "--data", data, "--limit-steps", "4") == 0, log(folder)
    before = (folder / "last.pt").read_bytes()
    process = started(folder, "--data", data)
    wait_for(folder / "log", process)
    # Files cannot grow beyond this, as on a disk that is full.
    resource.prlimit(process.pid or 0, resource.RLIMIT_FSIZE, (len(before) // 2, len(before) // 2))
    process.join(timeout=120)
    assert process.exitcode == 1, log(folder)
    assert "last.pt cannot be written" in log(folder)
    assert "Traceback" not in log(folder)
    assert (folder / "last.pt").read_bytes() == before
    assert not list(folder.glob("*.part"))


def test_without_data_or_with_other_data(tmp_path: Path, data: Path) -> None:
    folder = written(tmp_path / "run")
    assert finished(folder, "--data", tmp_path / "missing.npz") == 1
    assert f"train.py: {tmp_path / 'missing.npz'}" in log(folder)
    assert "Traceback" not in log(folder)
    other = written(tmp_path / "other", WITHOUT_NORMS.replace("[1, 8, 8]", "[3, 8, 8]"))
    assert finished(other, "--data", data) == 1
    assert "the images are 1x8x8, and the network reads 3x8x8" in log(other)


def test_a_checkpoint_that_is_damaged(tmp_path: Path, data: Path) -> None:
    folder = written(tmp_path / "run")
    (folder / "last.pt").write_bytes(b"PK\x03\x04 damaged")
    assert finished(folder, "--data", data) == 1
    assert "last.pt is not a checkpoint of this run" in log(folder)
    assert "Traceback" not in log(folder)


def test_a_dry_run_writes_nothing(tmp_path: Path, data: Path) -> None:
    folder = written(tmp_path / "run")
    names = {path.name for path in folder.iterdir()}
    assert finished(folder, "--data", data, "--dry-run") == 0, log(folder)
    assert log(folder).startswith("3 epochs of 10 steps, 0.")
    assert "peak memory" in log(folder)
    assert {path.name for path in folder.iterdir()} == {*names, "log"}


@pytest.mark.parametrize(
    "options", [("--precision", "bfloat16"), ("--channels-last",), ("--hold-out", "64")]
)
def test_other_ways_to_train(tmp_path: Path, data: Path, options: tuple[str, ...]) -> None:
    folder = written(tmp_path / "run")
    assert finished(folder, "--data", data, *options, "--limit-steps", "8") == 0, log(folder)
    state = checkpoint(folder / "last.pt")
    assert all(bool(weight.isfinite().all()) for weight in state["model"].values())
    assert state["step"] == 8
