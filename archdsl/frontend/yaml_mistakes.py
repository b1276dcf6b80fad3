"""Explain why a text is not YAML in terms of what was written: indentation, brackets, colons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from archdsl.errors import Span

UNSPACED = re.compile(r"\s*(?:- )*(?P<key>[A-Za-z_][\w-]*):(?P<value>[^\s:/].*)$")
COLONLESS = re.compile(r"\s*(?P<key>[a-z_]+) +(?P<value>[^\s:#'\"\[{-][^:#'\"]{0,60})$")
PAIR = re.compile(r"\s*(?:- )*[A-Za-z_][\w-]*: +(?P<value>[^\s#].*)$")
PAIRS = {"[": "]", "{": "}"}
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a text, where, and what to type."""

    message: str
    span: Span | None
    help: str | None = None


def explained(error: yaml.MarkedYAMLError, text: str) -> Mistake:
    """Return the mistake behind an error of the YAML parser.

    Args:
        error: raised by the parser.
        text: the whole text.
    """
    lines = text.split("\n")
    for explain in (_tab, _unclosed, _no_space, _no_colon, _colon_in_text, _indented):
        for mistake in explain(error, lines):
            return mistake
    mark = error.problem_mark
    span = Span(mark.line + 1, mark.column + 1) if mark else None
    start = "cannot start any token" in str(error.problem)
    return Mistake(error.problem or "cannot be read", span, "put it in quotes" if start else None)


def _tab(error: yaml.MarkedYAMLError, lines: list[str]) -> Iterator[Mistake]:
    """A line is indented with a tab."""
    mark = error.problem_mark
    if mark is None or mark.line >= len(lines):
        return
    for number in (mark.line, mark.line - 1):
        line = lines[number]
        indent = line[: len(line) - len(line.lstrip())]
        if number >= 0 and "\t" in indent:
            message = "found character '\\t' that cannot start any token"
            yield Mistake(message, Span(number + 1, indent.index("\t") + 1), "use spaces, not tabs")
            return


def _unclosed(error: yaml.MarkedYAMLError, lines: list[str]) -> Iterator[Mistake]:
    """A bracket or a quote is not closed."""
    mark, context = error.context_mark, str(error.context)
    if mark is None or mark.line >= len(lines):
        return
    span, sign = (
        Span(mark.line + 1, mark.column + 1),
        lines[mark.line][mark.column : mark.column + 1],
    )
    if "quoted scalar" in context and "end of stream" in str(error.problem):
        yield Mistake("this quote is not closed", span, f"write {sign} at the end of the text")
    elif sign in PAIRS and not _closed(lines[mark.line][mark.column :]):
        yield Mistake(f"this `{sign}` is not closed", span, f"write `{PAIRS[sign]}` at its end")


def _closed(text: str) -> bool:
    """Return whether the bracket at the start of a line is closed in this line."""
    depth = 0
    for sign in re.sub(r"\"[^\"]*\"|'[^']*'|\s#.*", "", text):
        depth += (sign in "[{") - (sign in "]}")
        if depth == 0:
            return True
    return False


def _no_space(error: yaml.MarkedYAMLError, lines: list[str]) -> Iterator[Mistake]:
    """A key and its value have no space between them."""
    for number in _lines(error, lines):
        if (match := UNSPACED.match(lines[number])) and "://" not in lines[number]:
            key, value = match["key"], match["value"].strip()
            span = Span(number + 1, match.start("key") + 1, len(key) + 1)
            yield Mistake(
                "there is no space after the colon", span,
                f"write `{key}: {value}`" if len(value) < LONGEST else f"write `{key}: ...`",
            )  # fmt: skip


def _lines(error: yaml.MarkedYAMLError, lines: list[str]) -> list[int]:
    """Return the lines that an error may be about: that of its context, and those at its mark."""
    marks = [mark for mark in (error.context_mark, error.problem_mark) if mark]
    numbers = [number for mark in marks for number in (mark.line, mark.line - 1)]
    return sorted({number for number in numbers if 0 <= number < len(lines)})


def _no_colon(error: yaml.MarkedYAMLError, lines: list[str]) -> Iterator[Mistake]:
    """A key and its value have no colon between them."""
    for number in _lines(error, lines):
        if match := COLONLESS.match(lines[number]):
            span = Span(number + 1, match.start("key") + 1, len(match["key"]))
            help = f"write `{match['key']}: {match['value']}`"
            yield Mistake("there is no colon after the key", span, help)


def _colon_in_text(error: yaml.MarkedYAMLError, lines: list[str]) -> Iterator[Mistake]:
    """A text with a colon is not in quotes."""
    mark = error.problem_mark
    if mark is None or "mapping values are not allowed" not in str(error.problem):
        return
    match = PAIR.match(lines[mark.line])
    if match and match.start("value") < mark.column:
        yield Mistake(
            "a text with a colon needs quotes", Span(mark.line + 1, mark.column + 1),
            f'write "{match["value"].strip()}"' if len(match["value"]) < LONGEST else None,
        )  # fmt: skip


def _indented(error: yaml.MarkedYAMLError, lines: list[str]) -> Iterator[Mistake]:
    """A line is indented unlike the lines of its block."""
    mark, problem = error.problem_mark, str(error.problem)
    deeper = "mapping values are not allowed" in problem
    if mark is None or mark.line >= len(lines):
        return
    if not deeper and not problem.startswith("expected <block end>"):
        return
    line = lines[mark.line]
    indent = len(line) - len(line.lstrip())
    before = [n for n in range(mark.line) if lines[n].strip() and lines[n].lstrip()[0] != "#"]
    if not before:
        return
    last = lines[before[-1]]
    if len(last) - len(last.lstrip()) == indent:
        return
    help = f"indent lines {before[-1] + 1} and {mark.line + 1} alike"
    message = "this line is indented unlike the lines before it"
    yield Mistake(message, Span(mark.line + 1, indent + 1), help)
