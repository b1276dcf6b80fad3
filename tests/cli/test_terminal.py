"""Colour, `--quiet`, whole help texts, and typing errors in commands and options."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from archdsl.cli.main import COMMANDS
from cli.commands import SMALL, archdsl, child, written

WRONG = SMALL.replace("connect: full", "connect: fill")
UNUSED = SMALL + "params: {depth: 4}\n"
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def _no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")


@pytest.mark.usefixtures("coloured")
def test_colours_change_no_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = written(tmp_path, WRONG)
    painted = archdsl("check", spec).err
    assert "\x1b[1;31merror[A105]\x1b[0m: " in painted
    assert "\x1b[1;31m^^^^\x1b[0m" in painted
    monkeypatch.delenv("FORCE_COLOR")
    assert ESCAPE.sub("", painted) == archdsl("check", spec).err


@pytest.mark.usefixtures("coloured")
@pytest.mark.parametrize("how", ["--no-color", "NO_COLOR"])
def test_colours_can_be_turned_off(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["check", str(written(tmp_path, WRONG))]
    if how == "NO_COLOR":
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        words.append(how)
    ran = archdsl(*words)
    assert "error[A105]" in ran.err
    assert "\x1b" not in ran.err


def test_a_pipe_gets_no_colours(tmp_path: Path) -> None:
    ran = child("check", written(tmp_path, WRONG), cwd=tmp_path)
    assert b"error[A105]" in ran.stderr
    assert b"\x1b" not in ran.stderr


@pytest.mark.parametrize("flag", ["-q", "--quiet"])
def test_quiet_prints_results_and_errors_only(
    flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec, wrong = written(tmp_path, UNUSED), written(tmp_path, WRONG, "wrong.yaml")
    compiled = archdsl("compile", spec, flag)
    assert (compiled.code, compiled.out, compiled.err) == (0, "", "")
    assert Path("small.py").is_file()
    assert archdsl("compile", spec).out.startswith("unchanged")
    checked = archdsl("check", spec, wrong, flag)
    assert checked.out == ""
    assert "error[A105]" in checked.err
    assert "A116" not in checked.err
    shown = archdsl("show", spec, flag)
    assert shown.err == ""
    assert shown.out == archdsl("show", spec).out
    assert json.loads(archdsl("show", spec, "--json", flag).out)["remarks"]


def test_flags_may_be_in_front_of_the_command(tmp_path: Path) -> None:
    spec = written(tmp_path, UNUSED)
    assert archdsl("--quiet", "--no-color", "check", spec).out == ""
    assert archdsl("check", spec).out.startswith("ok")  # the next command is not quiet


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_is_whole_at_80_columns(command: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = archdsl(*([command] if command else []), "--help")
    assert ran.code == 0
    assert "…" not in ran.out
    assert not re.search(r"\w\.\.\.$", ran.out, re.MULTILINE)
    assert max(map(len, ran.out.splitlines())) <= 80
    if command:
        assert "--no-color" in ran.out


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["shwo", "net.yaml"], "Did you mean 'show'?"),
        (["show", "net.yaml", "--jsn"], "--json"),
        (["compare", "net.yaml", "--colums", "links"], "--columns"),
    ],
)
def test_the_nearest_command_or_option_is_named(words: list[str], near: str) -> None:
    ran = archdsl(*words)
    assert ran.code == 2
    assert near in ran.err
