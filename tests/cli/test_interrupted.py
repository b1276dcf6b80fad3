"""A file appears whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.commands import SMALL, archdsl, environment, written

STEPS = (
    "tempfile.mkstemp", "os.fdopen", "write", "flush", "os.fsync", "Path.chmod", "Path.replace",
)  # fmt: skip
REASONS: list[Callable[[], BaseException]] = [
    lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    lambda: OSError(errno.EROFS, os.strerror(errno.EROFS)),
    KeyboardInterrupt,
    MemoryError,
]
CODES = [2, 2, 130, 3]


class Broken:
    """An open file, one of whose methods fails."""

    def __init__(self, file: Any, step: str, reason: BaseException) -> None:
        self.file, self.step, self.reason = file, step, reason

    def __enter__(self) -> Broken:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        if name == self.step:
            raise self.reason
        return getattr(self.file, name)


def break_at(step: str, reason: BaseException, patch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise reason

    if step in {"write", "flush"}:
        opened = os.fdopen
        patch.setattr(
            "archdsl.atomic.os.fdopen",
            lambda *words, **more: Broken(opened(*words, **more), step, reason),
        )
    else:
        patch.setattr(f"archdsl.atomic.{step}", fail)


@pytest.mark.parametrize("reason", range(len(REASONS)))
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("existed", [True, False])
def test_a_failure_at_any_step_leaves_the_old_file_and_nothing_else(
    step: str, reason: int, existed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if existed:
        archdsl("compile", written(tmp_path))
    spec = written(tmp_path, SMALL.replace("width: 8", "width: 9"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with monkeypatch.context() as patch:
        break_at(step, REASONS[reason](), patch)
        ran = archdsl("compile", spec)
    assert ran.code == CODES[reason]
    assert "Traceback" not in ran.err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert archdsl("compile", spec).code == 0


CHILD = """
import sys, time
from pathlib import Path
import archdsl.atomic as atomic
step = sys.argv.pop(1)

def wait(real):
    def waiting(*words, **more):
        if step.startswith("after"):
            real(*words, **more)
        print("here", flush=True)
        time.sleep(60)
    return waiting

if step == "fsync":
    atomic.os.fsync = wait(atomic.os.fsync)
elif step == "chmod":
    atomic.Path.chmod = wait(atomic.Path.chmod)
else:
    atomic.Path.replace = wait(atomic.Path.replace)
from archdsl.cli import main
main()
"""


def stopped(step: str, how: signal.Signals, folder: Path) -> subprocess.Popen[str]:
    """A `compile` that got a signal at a step."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, step, "compile", "small.yaml"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    process.send_signal(how)
    process.wait(timeout=30)
    return process


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace", "after replace"])
def test_kill_leaves_the_old_file_or_the_new_one(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    archdsl("compile", written(tmp_path))
    old = Path("small.py").read_bytes()
    written(tmp_path, SMALL.replace("width: 8", "width: 9"))
    archdsl("compile", "small.yaml", "-o", "new.py")
    with stopped(step, signal.SIGKILL, tmp_path) as process:
        assert process.returncode == -signal.SIGKILL
    wanted = Path("new.py").read_bytes() if step == "after replace" else old
    assert Path("small.py").read_bytes() == wanted
    assert archdsl("compile", "small.yaml").code == 0
    assert Path("small.py").read_bytes() == Path("new.py").read_bytes()


def test_interrupt_leaves_the_old_file_alone(tmp_path: Path) -> None:
    spec = written(tmp_path)
    archdsl("compile", spec, "-o", tmp_path / "small.py")
    old = (tmp_path / "small.py").read_bytes()
    written(tmp_path, SMALL.replace("width: 8", "width: 9"))
    with stopped("fsync", signal.SIGINT, tmp_path) as process:
        assert process.returncode == 130
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.py", "small.yaml"]
    assert (tmp_path / "small.py").read_bytes() == old


def test_two_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, SMALL.replace("width: 8", "width: w") + "params: {w: 8}\n")
    texts = set()
    for width in (8, 9):
        archdsl("compile", "small.yaml", "--set", f"w={width}", "-o", f"{width}.py")
        texts.add(Path(f"{width}.py").read_bytes())
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "archdsl", "compile", "small.yaml", "--set", f"w={width}"],
            env=environment(),
            stdout=subprocess.DEVNULL,
        )
        for width in (8, 9)
    ]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert Path("small.py").read_bytes() in texts
    assert len(texts) == 2
    assert {path.name for path in Path().iterdir()} == {"8.py", "9.py", "small.py", "small.yaml"}
