"""The benchmark of inference prints the rows that it promises, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from cli.commands import ROOT, environment


def test_rows_are_json() -> None:
    ran = subprocess.run(
        [
            sys.executable, "benchmarks/inference.py", "--networks", "sparsenet-121", "--batches",
            "1", "--rounds", "1", "--variants", "fused,eager,eager-channels-last,convolutions",
            "--json",
        ],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    rows = json.loads(ran.stdout)
    wanted = ["fused", "eager", "eager-channels-last", "convolutions"]
    assert [row["variant"] for row in rows] == wanted
    for row in rows:
        assert set(row) == {"network", "batch", "variant", "median_ms", "iqr_ms", "error"}
        assert row["median_ms"] > 0
        assert row["error"] is None or row["error"] < 1e-4
    assert [row["error"] is None for row in rows] == [False, False, False, True]


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
