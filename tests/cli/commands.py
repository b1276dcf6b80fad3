"""Commands as tests run them: in this process where that does, else in one of their own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from archdsl.cli.main import run

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"
BAD_SPECS = ROOT / "tests" / "bad_specs"

SMALL = """archdsl: 1
name: small
input: [3, 8, 8]
stages:
  count: 1
  layers: 4
  unit: {kind: basic, order: pre, width: 8}
  connect: full
  aggregate: concat
"""


@dataclass(frozen=True)
class Ran:
    """What a command said; `seconds` are of this process's own time."""

    code: int
    out: str
    err: str
    seconds: float

    def findings(self) -> list[dict[str, Any]]:
        """The findings of `--format json`."""
        return [json.loads(line) for line in self.err.splitlines()]

    def codes(self) -> list[str]:
        """The codes of `--format json`, in order."""
        return [finding["code"] for finding in self.findings()]


def archdsl(*words: str | Path) -> Ran:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    started = time.process_time()
    with (
        patch.object(sys, "argv", ["archdsl", *map(str, words)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = run()
    return Ran(int(code), out.getvalue(), err.getvalue(), time.process_time() - started)


def environment(**more: str) -> dict[str, str]:
    """The environment of a child process, which finds this archdsl wherever it runs."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def child(
    *words: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    python: tuple[str, ...] = ("-m", "archdsl"),
    timeout: float = 60,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command, or other Python, in a process of its own."""
    return subprocess.run(
        [sys.executable, *python, *map(str, words)],
        cwd=cwd,
        env=environment(**(env or {})),
        input=stdin.encode() if stdin is not None else None,
        capture_output=True,
        timeout=timeout,
        check=False,
    )


def written(folder: Path, text: str = SMALL, name: str = "small.yaml") -> Path:
    """A spec in a folder."""
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
