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
    assert capsys.readouterr().err == "\r\x1b[K1 of 2\\x1b[2J\r\x1b[K"


def test_it_is_silent_at_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    shown = Progress()
    shown.show("1 of 2")
    shown.clear()
    assert capsys.readouterr().err == ""
