"""The benchmark of inference prints the rows that it promises, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.commands import ROOT, environment


def test_rows_are_json() -> None:
    ran = subprocess.run(
        [
            sys.executable, "benchmarks/inference.py", "--networks", "sparsenet-121", "--batches",
            "1", "--rounds", "1", "--threads", "1", "--json", "--variants",
            "fused,eager-channels-last,convolutions",
        ],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    rows = json.loads(ran.stdout)
    wanted = ["fused", "eager-channels-last", "convolutions"]
    assert [row["variant"] for row in rows] == wanted
    for row in rows:
        names = {"network", "batch", "threads", "variant", "ms", "iqr", "ratio", "error"}
        assert set(row) == names
        assert (row["batch"], row["threads"]) == (1, 1)
        assert row["ms"] > 0
        assert row["ratio"] == pytest.approx(row["ms"] / rows[0]["ms"])
        assert row["error"] is None or row["error"] < 1e-4
    assert [row["error"] is None for row in rows] == [False, False, True]
    assert "1 rounds, 0 discarded" in ran.stderr


def test_a_variant_that_fails_is_left_out_with_a_note() -> None:
    """And so is one whose process ends."""
    code = (
        "import os, sys; sys.path.insert(0, 'benchmarks'); import workers, tempfile, pathlib\n"
        "folder = pathlib.Path(tempfile.mkdtemp())\n"
        "worker = workers.Worker('no such variant', 1, folder)\n"
        "try: worker.make('sparsenet-121', 1)\n"
        "except workers.Left as why: print(why)\n"
        "worker.process.kill()\n"
        "try: worker.make('sparsenet-121', 1)\n"
        "except workers.Left as why: print(why)\n"
        "worker.end()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout.splitlines() == ["KeyError: 'no such variant'", "the process ended with -9"]


def test_workers_end_with_their_parent() -> None:
    """Also while they are stopped, which is most of the time."""
    code = (
        "import os, sys; sys.path.insert(0, 'benchmarks'); import workers, pathlib\n"
        "worker = workers.Worker('probe', 1, pathlib.Path())\n"
        "print(worker.process.pid, flush=True); os._exit(0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    status = Path(f"/proc/{int(ran.stdout)}/stat")
    for _ in range(100):
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("the worker is still there")


def test_peers_print_nothing() -> None:
    """Not even what native code writes: stdout is for rows."""
    code = (
        "import os, sys; sys.path.insert(0, 'benchmarks'); import inference\n"
        "with inference.quiet(): print('one'); os.write(1, b'two')\n"
        "print('three')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout == "three\n"


@pytest.mark.parametrize("words", [["--networks", "vgg"], ["--rounds", "many"]])
def test_refusals(words: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "benchmarks/inference.py", *words],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 2
    assert ran.stdout == ""
