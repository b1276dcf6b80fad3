"""Render diagnostics as text: code, position, the line with carets, note and help."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from archdsl.cli import terminal
from archdsl.errors import Diagnostic, Span

MOST = 20
LONGEST_LINE = 100
MOST_LINES = 4_000
"""Texts with more lines are not compared line by line, which can take minutes."""


def report(diagnostics: Sequence[Diagnostic], form: str = "text", more: str = "") -> None:
    """Print diagnostics to stderr.

    Args:
        diagnostics: the errors, warnings and notes; as text at most `MOST` of them are printed.
        form: `text`, or `json` for one JSON object per line.
        more: a sentence for the last line, such as "Nothing written. ".
    """
    shown = [d for d in diagnostics if d.level == "error" or not terminal.quiet()]
    if form == "json":
        for diagnostic in shown:
            print(json.dumps(diagnostic.as_dict()), file=sys.stderr)
        return
    for diagnostic in shown[:MOST]:
        print(text(diagnostic, partial(terminal.paint, stream=sys.stderr)) + "\n", file=sys.stderr)
    if len(shown) > MOST:
        print(f"{len(shown) - MOST} more\n", file=sys.stderr)
    errors = [diagnostic.code for diagnostic in diagnostics if diagnostic.level == "error"]
    if errors:
        codes = " ".join(sorted(set(errors)))
        count = f"{len(errors)} error{'s' * (len(errors) > 1)}"
        print(f"{count}. {more}More: archdsl explain {codes}", file=sys.stderr)


def _uncoloured(text: str, style: str) -> str:
    return text


def texts(diagnostics: Iterable[Diagnostic]) -> str:
    """Return diagnostics as text without colour, with an empty line between them."""
    return "\n\n".join(map(text, diagnostics))


def text(diagnostic: Diagnostic, paint: Callable[[str, str], str] = _uncoloured) -> str:
    """Return a diagnostic as text of one or more lines.

    Args:
        diagnostic: the error, warning or note.
        paint: returns a text in the colour of a key of `archdsl.cli.terminal.STYLES`.
    """
    level = diagnostic.level
    head = paint(f"{level}[{diagnostic.code}]", level)
    lines = [f"{head}: {visible(diagnostic.message, 2_000)}"]
    indent = " "
    if diagnostic.source and diagnostic.span:
        number = str(diagnostic.span.line)
        indent = " " * (len(number) + 1)
        place = f"{visible(diagnostic.source.name)}:{number}:{diagnostic.span.column}"
        lines.append(f"{indent[1:]}{paint('-->', 'place')} {place}")
        source, span = diagnostic.source.text, diagnostic.span
        lines += excerpt(source, span, indent, lambda carets: paint(carets, level))
    elif diagnostic.source:
        lines.append(f" {paint('-->', 'place')} {visible(diagnostic.source.name)}")
    if diagnostic.note:
        lines.append(f"{indent}= {paint('note', 'note')}: {visible(diagnostic.note, 400)}")
    if diagnostic.help:
        lines.append(f"{indent}= {paint('help', 'help')}: {visible(diagnostic.help, 400)}")
    return "\n".join(lines)


def excerpt(source: str, span: Span, indent: str, paint: Callable[[str], str] = str) -> list[str]:
    """Return a line of a source with carets under the span.

    Args:
        source: the whole text.
        span: the position; nothing is returned if the text has no such line.
        indent: spaces before the lines, as wide as the line number.
        paint: returns the carets in a colour.

    A line of more than `LONGEST_LINE` characters is cut around the span.
    """
    lines = source.split("\n")
    if span.line > len(lines):
        return []
    line, column = lines[span.line - 1], span.column - 1
    start = max(0, column - LONGEST_LINE // 2) if len(line) > LONGEST_LINE else 0
    shown = line[start : start + LONGEST_LINE]
    before = visible(shown[: column - start], LONGEST_LINE * 8)
    marked = visible(shown[column - start : column - start + span.width], LONGEST_LINE * 8)
    carets = "^" * max(1, len(marked))
    return [
        f"{indent}|",
        f"{span.line} | {visible(shown, LONGEST_LINE * 8)}",
        f"{indent}| {' ' * len(before)}{paint(carets)}",
    ]


def difference(old: str, new: str, name: str, new_name: str) -> str:
    """Return a unified diff of two texts that is safe to print.

    For texts of more than `MOST_LINES` lines it contains only the first line that differs.

    Args:
        old: the text before.
        new: the text after.
        name: the name of the old text, for the header.
        new_name: the name of the new text.
    """
    if max(old.count("\n"), new.count("\n")) > MOST_LINES and old != new:
        lines = _first_difference(old, new, name, new_name)
    else:
        lines = difflib.unified_diff(old.split("\n"), new.split("\n"), name, new_name, lineterm="")
    return "".join(f"{visible(line, 10_000)}\n" for line in lines)


def _first_difference(old: str, new: str, name: str, new_name: str) -> Iterator[str]:
    """Yield the first line that differs, in the form of a unified diff."""
    pairs = enumerate(zip(old, new, strict=False))
    same = next((index for index, (a, b) in pairs if a != b), min(len(old), len(new)))
    start = new.rfind("\n", 0, same) + 1
    yield f"--- {name}"
    yield f"+++ {new_name}"
    yield f"@@ line {1 + new.count(chr(10), 0, start):,}, the first that differs @@"
    for sign, text in (("-", old), ("+", new)):
        end = text.find("\n", start)
        yield sign + text[start : end if end >= 0 else len(text)]


def visible(text: str, most: int = 200) -> str:
    r"""Escape what could move the cursor, colour the terminal, or change the direction of text.

    Args:
        text: any text.
        most: the number of characters to return; a longer text ends in `...`.

    >>> visible("red: \x1b[31m")
    'red: \\x1b[31m'
    """
    safe = "".join(
        c if c.isprintable() and not bidi(c) else ascii(c)[1:-1] for c in text[: most + 1]
    )
    return safe if len(text) <= most else safe[:most] + "..."


def bidi(character: str) -> bool:
    """Return whether a character changes the direction of text, or is invisible."""
    return (
        "\u200b" <= character <= "\u200f"
        or "\u202a" <= character <= "\u202e"
        or ("\u2066" <= character <= "\u2069")
    )
