"""How findings are shown: carets under the place, and nothing that a terminal would obey."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.cli.render import difference, excerpt, text, visible
from archdsl.errors import Diagnostic, Source, Span

SOURCE = Source("a.yaml", "archdsl: 1\nname: small\n\tlayers: 4")


def test_a_finding_is_laid_out() -> None:
    found = Diagnostic("A101", "what", Span(2, 7, 5), SOURCE, note="why", help="type this")
    assert text(found) == (
        "error[A101]: what\n"
        " --> a.yaml:2:7\n"
        "  |\n"
        "2 | name: small\n"
        "  |       ^^^^^\n"
        "  = note: why\n"
        "  = help: type this"
    )


def test_a_finding_without_a_place_or_a_source() -> None:
    assert text(Diagnostic("A401", "what", level="note")) == "note[A401]: what"
    assert text(Diagnostic("A114", "what", source=SOURCE)) == "error[A114]: what\n --> a.yaml"


def test_two_digits_make_room() -> None:
    source = Source("a.yaml", "\n" * 9 + "x: 1")
    lines = text(Diagnostic("A101", "what", Span(10, 4), source)).split("\n")
    assert lines[1:] == ["  --> a.yaml:10:4", "   |", "10 | x: 1", "   |    ^"]


def test_carets_stand_under_what_is_shown() -> None:
    _, shown, marks = excerpt(Source("", "a\x1b\u202e: bad").text, Span(1, 6, 3), "  ")
    assert shown == "1 | a\\x1b\\u202e: bad"
    assert marks.index("^") == shown.index("bad")


@pytest.mark.parametrize("column", [1, 40, 51, 52, 500, 951, 1_000])
def test_a_long_line_is_cut_around_the_place(column: int) -> None:
    line = "".join(chr(ord("a") + place % 26) for place in range(1_000))
    _, shown, marks = excerpt(line, Span(1, column), "  ")
    assert len(shown) <= 104
    assert marks.count("^") == 1
    assert shown[marks.index("^")] == line[column - 1]


def test_a_place_at_the_end_of_a_line_or_beyond() -> None:
    assert excerpt("ab", Span(1, 3), "  ")[-1] == "  |   ^"
    assert excerpt("ab", Span(2, 1), "  ") == []


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain \u00e9 \u4e2d", "plain \u00e9 \u4e2d"),
        ("[/red]", "[/red]"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\r\nb", "a\\r\\nb"),
        ("\x07\x9b\x7f", "\\x07\\x9b\\x7f"),
        ("\u202e\u2066\u200b\ufeff", "\\u202e\\u2066\\u200b\\ufeff"),
        ("\u2028\udcff\U000e0001", "\\u2028\\udcff\\U000e0001"),
    ],
)
def test_what_is_visible(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@given(st.text(max_size=300))
def test_visible_text_is_printable_and_short(raw: str) -> None:
    shown = visible(raw)
    assert shown.isprintable()
    assert len(shown) <= 203 if len(raw) > 200 else len(shown) <= 10 * len(raw)


def test_a_difference_is_visible_too() -> None:
    shown = difference("same\r\nold\x1b[2J\n", "same\nnew\n", "a\n.py", "b")
    assert shown == (
        "--- a\\n.py\n+++ b\n@@ -1,3 +1,3 @@\n-same\\r\n-old\\x1b[2J\n+same\n+new\n \n"
    )


def test_texts_that_are_equal_have_no_difference() -> None:
    assert difference("a\nb\n", "a\nb\n", "a", "b") == ""
