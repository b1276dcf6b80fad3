"""The line that says how far long work is."""

from __future__ import annotations

import sys
import time

import pytest

from archdsl.cli import progress, terminal
from archdsl.cli.progress import Progress, working
from archdsl.interrupts import CLEANUP


def test_it_is_for_terminals_and_goes_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "WAIT", -1)
    Progress().show("1 of 2")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    shown = Progress()
    shown.show("1 of 2\x1b[2J")
    shown.clear()
    shown.clear()
    said = capsys.readouterr().err
    assert "1 of 2\\x1b[2J" in said
    assert "\x1b[2J" not in said
    assert shown.status is None


def test_the_line_changes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "WAIT", -1)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    shown = Progress()
    for place in (1, 2):
        shown.show(f"{place} of 2")
    assert shown.status is not None
    assert str(shown.status.status) == "2 of 2"
    shown.clear()
    assert capsys.readouterr().out == ""


def test_it_is_silent_at_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    shown = Progress()
    shown.show("1 of 2")
    shown.clear()
    assert capsys.readouterr().err == ""


def test_long_work_is_shown_on_a_terminal_and_erased(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "WAIT", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with working("net.py: comparing\x1b[2J"):
        time.sleep(0.2)
    shown = capsys.readouterr().err
    assert shown.startswith("\r\x1b[Knet.py: comparing\\x1b[2J  0 s")
    assert shown.endswith("\r\x1b[K")
    assert CLEANUP == []


@pytest.mark.parametrize("why", ["a pipe", "short work", "quiet"])
def test_long_work_is_not_shown(
    why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "WAIT", 60 if why == "short work" else 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: why != "a pipe")
    monkeypatch.setattr(terminal.CHOSEN, "quiet", why == "quiet")
    with working("net.py: comparing"):
        time.sleep(0.05)
    assert capsys.readouterr().err == ""


def test_the_line_is_erased_after_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "WAIT", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    def fail() -> None:
        with working("net.py: comparing"):
            time.sleep(0.1)
            raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        fail()
    assert capsys.readouterr().err.endswith("\r\x1b[K")
    assert CLEANUP == []
