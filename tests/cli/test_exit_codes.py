"""The exit codes, each once: 0, 1, 2, 3, 70 and 130."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl.errors import Exit
from cli.commands import SMALL, archdsl, child, written


def test_0_is_fine(tmp_path: Path) -> None:
    assert (archdsl("check", written(tmp_path)).code, Exit.FINE.value) == (0, 0)


def test_1_is_a_wrong_spec(tmp_path: Path) -> None:
    ran = archdsl("check", written(tmp_path, SMALL.replace("full", "ful")))
    assert (ran.code, Exit.WRONG_SPEC.value) == (1, 1)


@pytest.mark.parametrize(
    "words",
    [[], ["chek"], ["check"], ["check", "--nosuch"], ["show"], ["check", "none.yaml"], ["--nosuch"],
     ["compile", "a", "b"], ["explain", "A999"], ["verify"], ["init", "none"]],
    ids=" ".join,
)  # fmt: skip
def test_2_is_wrong_usage(words: list[str]) -> None:
    ran = archdsl(*words)
    assert (ran.code, Exit.USAGE.value) == (2, 2)
    assert ran.out == ""
    assert ran.err
    assert "Traceback" not in ran.err


def test_3_is_a_limit(tmp_path: Path) -> None:
    ran = archdsl("check", written(tmp_path, SMALL.replace("layers: 4", "layers: 999999")))
    assert (ran.code, Exit.LIMIT.value) == (3, 3)


def test_70_is_a_mistake_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a \x1b[2J b")

    monkeypatch.setattr("archdsl.api.analyse_graph", broken)
    monkeypatch.chdir(tmp_path)
    ran = archdsl("compile", written(tmp_path))
    assert (ran.code, Exit.BUG.value) == (70, 70)
    lines = ran.err.splitlines()
    assert " has a bug: ZeroDivisionError at test_exit_codes.py:" in lines[0]
    assert lines[1:] == [
        "  'a \\x1b[2J b'",
        "  please report it with the spec; nothing was written",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]
    monkeypatch.setenv("ARCHDSL_TRACEBACK", "1")
    assert "Traceback" in archdsl("compile", tmp_path / "small.yaml").err


@pytest.mark.parametrize("command", ["check", "show", "compile"])
def test_130_is_an_interrupt(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("archdsl.api.analyse_graph", interrupted)
    monkeypatch.chdir(tmp_path)
    ran = archdsl(command, written(tmp_path))
    assert (ran.code, Exit.INTERRUPTED.value) == (130, 130)
    assert "Traceback" not in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


def test_the_process_leaves_with_them(tmp_path: Path) -> None:
    written(tmp_path, SMALL.replace("layers: 4", "layers: 999999"))
    assert child("check", "small.yaml", cwd=tmp_path).returncode == 3
    assert child("check", "none.yaml", cwd=tmp_path).returncode == 2


def test_the_gravest_finding_counts(tmp_path: Path) -> None:
    text = SMALL.replace("layers: 4", "layers: 1.5") + f"head: [{'relu, ' * 65}]\n"
    ran = archdsl("check", written(tmp_path, text), "--format", "json")
    assert ran.codes() == ["A101", "A301"]
    assert ran.code == 3


def test_help_is_no_mistake() -> None:
    for words in (["-h"], ["--help"], ["check", "-h"], ["compile", "--help"]):
        ran = archdsl(*words)
        assert ran.code == 0
        assert ran.out.startswith("Usage: ")


def test_version(tmp_path: Path) -> None:
    from archdsl.version import __version__

    ran = child("--version", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (0, f"archdsl {__version__}\n".encode())
