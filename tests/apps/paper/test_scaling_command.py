"""`archdsl scaling`: what it prints, plots and refuses; docs/scaling.md has what it prints."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from archdsl.api import load
from archdsl.apps.scaling.measured import Scaling, measure
from archdsl.cli.files import ours
from archdsl.cli.main import run
from archdsl.cli.scaling import block, heading, powers
from archdsl.errors import Exit
from archdsl.frontend.load import Spec

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "scaling.md"
PLAIN, SPARSE, FRACTAL = (
    ROOT / "specs" / f"{name}-cifar.yaml" for name in ("plain", "sparsenet-bc", "fractalnet")
)
Command = Callable[..., int]


@pytest.fixture
def scaling(monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command in this process."""

    def command(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["archdsl", "scaling", *map(str, arguments)])
        return run()

    return command


def test_table(scaling: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert scaling(PLAIN, SPARSE, FRACTAL, "--depths", "16:512") == Exit.FINE
    out, err = capsys.readouterr()
    assert err == ""
    assert max(map(len, out.splitlines())) <= 80
    assert "One stage of N layers, all else as its spec says; N = 16, 32, ..., 512." in out
    assert "plain-cifar: plain concat; in the paper Plain" in out
    assert re.search(r"growth +N log N 0.0\d% +N log N 0.0\d% +log N  exact log N  exact", out)
    assert re.search(r"at N = 512 +1,196,032 +512 +511 +1\n", out)
    assert "N is the depth of the block in rows; it has 2 N - 1 layers." in out


def test_json(scaling: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert scaling(SPARSE, "--depths", "16:128", "--set", "base=3", "--json") == Exit.FINE
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["name"], found["topology"]) == ("sparsenet-bc-cifar", "exponential 3 concat")
    assert (found["depth_is"], found["paper"]) == ("layers", "SparseNets (concat)")
    assert [row["depth"] for row in found["counts"]] == [16, 32, 64, 128]
    assert set(found["growth"]) < set(found["counts"][0])
    assert found["growth"]["links"]["agrees"] is True


def test_few_depths_have_counts_and_no_classes(
    scaling: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scaling(PLAIN, "--depths", "100:200") == Exit.FINE
    out = capsys.readouterr().out
    assert "N = 128" in out
    assert re.search(r"growth( +-){4}\n", out)


def test_a_wrong_spec_keeps_the_others(
    scaling: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scaling(tmp_path / "none.yaml", PLAIN, "--depths", "1:8") == Exit.USAGE
    out, err = capsys.readouterr()
    assert "plain-cifar: plain concat" in out
    assert "error[A401]" in err


def test_interruption_keeps_what_is_finished(
    scaling: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(spec: Spec, *rest: Any) -> Scaling:
        if spec.name != "plain-cifar":
            raise KeyboardInterrupt
        return measure(spec, *rest)

    monkeypatch.setattr("archdsl.cli.scaling.measure", interrupted)
    assert scaling(PLAIN, SPARSE, "--depths", "1:8") == Exit.INTERRUPTED
    assert "at N = 8 " in capsys.readouterr().out


@pytest.mark.parametrize(("terminal", "late"), [(True, True), (True, False), (False, True)])
def test_progress_is_for_terminals_and_long_work(
    scaling: Command,
    terminal: bool,
    late: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    monkeypatch.setattr("time.monotonic", itertools.count(step=2 if late else 0).__next__)
    assert scaling(PLAIN, "--depths", "1:2") == Exit.FINE
    said = capsys.readouterr().err
    assert ("plain-cifar: N = 2" in said) == (terminal and late)
    assert bool(said) == (terminal and late)


@pytest.mark.parametrize(
    "text", ["", "16", "16:", ":16", "32:16", "0:8", "17:31", "1:262144", "a:b"]
)
def test_depths_that_are_none(
    scaling: Command, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scaling(PLAIN, f"--depths={text}") == Exit.USAGE
    assert "error[A414]" in capsys.readouterr().err


def test_depths_are_powers_of_two() -> None:
    assert powers("16:16384") == [2**power for power in range(4, 15)]
    assert powers("3:33") == [4, 8, 16, 32]
    assert powers("1:1") == [1]


def test_unknown_topologies_have_no_row_in_the_paper(
    scaling: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PLAIN.read_text(encoding="utf-8").replace("plain\n", "{rule: window, last: 3}\n")
    spec = tmp_path / "window.yaml"
    spec.write_text(text.replace("connect: plain", "connect: {rule: window, last: 3}"), "utf-8")
    assert scaling(spec, "--depths", "16:256") == Exit.FINE
    out = capsys.readouterr().out
    assert "plain-cifar: window 3 concat\n" in out
    assert "the paper" not in out


def test_matplotlib_is_left_alone_without_a_plot() -> None:
    program = (
        "import sys; from archdsl.cli.main import run; code = run();"
        "assert 'matplotlib' not in sys.modules; sys.exit(code)"
    )
    arguments = [sys.executable, "-c", program, "scaling", str(PLAIN), "--depths", "1:8"]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    subprocess.run(
        arguments, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": path}
    )


def test_missing_matplotlib_is_said_before_anything_is_counted(
    scaling: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert scaling(PLAIN, "--plot", tmp_path / "plot.svg") == Exit.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert "error[A422]: this needs matplotlib" in err
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_plot_is_written_whole_and_the_same_again(
    scaling: Command, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    path = tmp_path / f"plot.{form}"
    arguments = (PLAIN, SPARSE, FRACTAL, "--depths", "16:128", "--plot", path)
    assert scaling(*arguments) == Exit.FINE
    assert f"wrote  {path}" in capsys.readouterr().out
    first = path.read_bytes()
    assert ours(path)
    assert scaling(*arguments, "--json") == Exit.FINE
    out, err = capsys.readouterr()
    assert len(json.loads(out)) == 3
    assert err == f"wrote  {path}\n"
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "code"), [("notes.svg", "A411"), ("plot.jpg", "A414"), ("none/plot.svg", "A412"),
    ("folder.svg", "A412")],
)  # fmt: skip
def test_plots_that_are_refused(
    scaling: Command, name: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    (tmp_path / "notes.svg").write_text("mine", "utf-8")
    (tmp_path / "folder.svg").mkdir()
    assert scaling(PLAIN, "--depths", "1:8", "--plot", tmp_path / name) == Exit.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert f"error[{code}]" in err
    assert (tmp_path / "notes.svg").read_text("utf-8") == "mine"


def test_force_overwrites(scaling: Command, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    path = tmp_path / "notes.svg"
    path.write_text("mine", "utf-8")
    assert scaling(PLAIN, "--depths", "1:8", "--plot", path, "--force") == Exit.FINE
    assert ours(path)


# ---- docs/scaling.md -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def measured() -> list[Scaling]:
    """What the page's command measures."""
    command = r"^\$ archdsl scaling specs/\{(.*)\}-cifar.yaml$"
    match = re.search(command, PAGE.read_text("utf-8"), re.MULTILINE)
    assert match
    paths = [ROOT / "specs" / f"{name}-cifar.yaml" for name in match[1].split(",")]
    return [measure(load(path), powers("16:16384")) for path in paths]


def test_page_has_what_is_printed(measured: list[Scaling]) -> None:
    depths = [row.depth for row in measured[0].counts]
    printed = "\n\n".join([heading(depths), *map(block, measured)])
    assert f"\n{printed}\n" in PAGE.read_text("utf-8")


def test_page_has_the_plot_that_is_drawn(measured: list[Scaling]) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    pinned = (ROOT / "constraints.txt").read_text("utf-8")
    if f"matplotlib=={version('matplotlib')}\n" not in pinned:
        pytest.skip("another matplotlib than the one of constraints.txt draws other bytes")
    from archdsl.apps.scaling.plot import draw

    assert (ROOT / "docs" / "paper" / "scaling.svg").read_bytes() == draw(measured, "svg")
