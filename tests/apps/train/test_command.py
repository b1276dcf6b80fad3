"""`archdsl train`: what it writes, refuses and prints."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archdsl.apps.train.folder import MEMORY, train
from cli.commands import archdsl
from training_runs import RECIPE, SPEC, digits


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("digits.yaml").write_text(SPEC, encoding="ascii")
    Path("recipe.yaml").write_text(RECIPE, encoding="ascii")


TRAIN = (
    "train", "digits.yaml", "--recipe", "recipe.yaml", "-o", "run", "--format", "json",
)  # fmt: skip


def test_the_files_are_written_and_left_as_they_are_the_second_time() -> None:
    first, second = archdsl(*TRAIN, "--no-run"), archdsl(*TRAIN, "--no-run")
    names = ("net.py", "data.py", "train.py", "recipe.yaml")
    assert (first.code, second.code) == (0, 0)
    assert first.out.split() == [word for name in names for word in ("wrote", f"run/{name}")]
    assert second.out.split() == [word for name in names for word in ("unchanged", f"run/{name}")]


def test_a_folder_of_another_training_is_refused() -> None:
    assert archdsl(*TRAIN, "--no-run").code == 0
    Path("run/last.pt").touch()
    before = Path("run/train.py").read_bytes()
    for more in (["--seed", "1"], ["--epochs", "1"]):
        ran = archdsl(*TRAIN, "--no-run", *more)
        assert ran.codes() == ["A463"]
        assert Path("run/train.py").read_bytes() == before
    Path("run/train.py").write_text("# edited")
    assert archdsl(*TRAIN, "--no-run").codes() == ["A463"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], "A414"),
        (["--data", "x", "--set", "depht=40"], "A114"),
        (["--data", "x", "--epochs", "99999999999999999999"], "A101"),
    ],
)
def test_mistakes_on_the_command_line(options: list[str], code: str) -> None:
    ran = archdsl(*TRAIN, *options)
    assert ran.codes() == [code]
    assert not Path("run").exists()


def test_classes_are_those_of_the_data_unless_they_are_set() -> None:
    command = ("train", "sparsenet-bc-cifar", "--recipe", "cifar-zhu-2018", "--no-run")
    assert archdsl(*command, "-o", "ten").code == 0
    assert archdsl(*command, "-o", "hundred", "--set", "data=cifar100").code == 0
    assert archdsl(*command, "-o", "seven", "--set", "classes=7").code == 0
    for folder, classes in (("ten", 10), ("hundred", 100), ("seven", 7)):
        assert f"\nCLASSES = {classes}\n" in Path(folder, "data.py").read_text("ascii")


def test_a_training_from_the_command_line() -> None:
    data = digits(Path("digits.npz"))
    ran = archdsl(*TRAIN, "--data", data, "--limit-steps", "3", "--seed", "5", "--device", "cpu")
    assert ran.code == 0, ran.err
    summary = json.loads(Path("run/summary.json").read_text("utf-8"))
    assert (summary["steps"], summary["finished"], summary["settings"]["seed"]) == (3, False, 5)
    report = archdsl("report", "run", "--json")
    assert json.loads(report.out)["groups"][0]["parameters"] == summary["parameters"]
    heat = archdsl("heatmap", "run/last.pt", "--json")
    assert heat.code == 0, heat.err
    failed = archdsl(*TRAIN, "--data", "missing.npz", "--seed", "5")
    assert failed.code == 1


def test_ctrl_c_ends_the_training_after_a_step() -> None:
    digits(Path("digits.npz"))
    words = ["--data", "digits.npz", "--epochs", "500", "--device", "cpu"]
    command = [sys.executable, "-m", "archdsl", *TRAIN, *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    for _ in range(6_000):
        if Path("run/last.pt").exists() or process.poll() is not None:
            break
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all processes, too
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "run it again to continue" in out
    assert "the same command continues from run/last.pt" in out


def test_a_run_keeps_memory_that_it_frees_unless_told_otherwise(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [sys.executable, "-c", f"import os; print([os.environ[n] for n in {list(MEMORY)}])"]
    for name in MEMORY:
        monkeypatch.delenv(name, raising=False)
    train(asked)
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "131072")
    train(asked)
    _, threshold = MEMORY.values()
    assert capfd.readouterr().out.splitlines() == [
        str(list(MEMORY.values())),
        str(["131072", threshold]),
    ]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc reads the settings")
def test_freed_memory_is_not_got_back_page_by_page() -> None:
    """A step writes 32,768 pages, which glibc gives back by default, in most processes."""
    steps = (
        "import resource, torch\n"
        "def step():\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "    kept = [torch.zeros(1 << 20) for _ in range(32)]\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before\n"
        "print([step() for _ in range(4)][-1])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", steps], env={**os.environ, **MEMORY},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(ran.stdout) < 100
