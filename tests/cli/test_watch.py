"""`archdsl show --watch` follows a file, reports mistakes in it, and ends with Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.commands import SMALL, archdsl, environment, written


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output.txt"


@pytest.fixture
def watching(tmp_path: Path, output: Path) -> Iterator[subprocess.Popen[bytes]]:
    spec = written(tmp_path)
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "archdsl", "show", str(spec), "--watch"],
            env=environment(), stdout=file, stderr=file,
        )  # fmt: skip
        yield process
        process.kill()
        process.wait()


def wait_for(output: Path, text: str, times: int = 1) -> str:
    for _ in range(300):
        shown = output.read_text("utf-8")
        if shown.count(text) >= times:
            return shown
        time.sleep(0.1)
    raise AssertionError(shown)


def test_changes_are_shown_until_ctrl_c(
    watching: subprocess.Popen[bytes], output: Path, tmp_path: Path
) -> None:
    assert "4,440" in wait_for(output, "Ctrl-C ends")
    written(tmp_path, SMALL.replace("full", "fill"))
    assert "error[A105]" in wait_for(output, "Ctrl-C ends", 2)
    written(tmp_path, SMALL.replace("width: 8", "width: 16"))
    shown = wait_for(output, "Ctrl-C ends", 3)
    expected = archdsl("show", tmp_path / "small.yaml").out
    assert expected in shown
    assert "\x1b" not in shown  # it is not a terminal
    os.kill(watching.pid, signal.SIGINT)
    assert watching.wait(timeout=20) == 0
    assert "Traceback" not in output.read_text("utf-8")


def test_standard_input_cannot_be_watched() -> None:
    ran = archdsl("show", "-", "--watch")
    assert ran.code == 2
    assert "error[A414]: standard input cannot be watched" in ran.err


def test_a_picture_is_opened_after_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    spec, picture = written(tmp_path), tmp_path / "a net.dot"
    assert archdsl("draw", spec, "-o", picture).code == 0
    assert opened == []
    assert archdsl("draw", spec, "-o", picture, "--browse").code == 0
    assert opened == [picture.as_uri()]
    assert picture.is_file()
