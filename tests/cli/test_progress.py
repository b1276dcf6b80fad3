"""The line that says how far long work is."""

from __future__ import annotations

import sys

import pytest

from archdsl.cli import progress
from archdsl.cli.progress import Progress


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
