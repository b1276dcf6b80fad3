"""A comparison as a table of words: for text, Markdown, LaTeX and HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING

from archdsl.comparing.columns import Column
from archdsl.comparing.published import Quote
from archdsl.paper.page import Table

if TYPE_CHECKING:
    from archdsl.comparing.model import Comparison, Row

ACROSS = 5
"""Up to so many networks stand side by side in Markdown and LaTeX; more stand below each other."""

WIDTH, WIDEST = 80, 22
"""Letters of a terminal's line, and most of one cell in it."""

LEGEND = "Counts are exact. Errors are quoted, not measured here."


def quoted(comparison: Comparison) -> list[str]:
    """The notes of a table: where each error is printed, and why it may be another network's."""
    return list(dict.fromkeys(note(q) for row in comparison.rows for q in row.published))


def note(quote: Quote) -> str:
    """`Zhu et al. 2018, Table 2, row DenseNet (k=12) 40`."""
    doubt = f"; in doubt: {quote.doubt}" if quote.doubt else ""
    return f"{quote.source}, row {quote.label}{doubt}"


def cell(column: Column, row: Row, notes: Sequence[str]) -> str:
    """A value, and the number of its note."""
    text = column.text(row)
    if column.kind != "quoted" or not text:
        return text
    found = next(q for q in row.published if f"{q.data}_error" == column.name)
    return f"{text} ({notes.index(note(found)) + 1})"


def table(comparison: Comparison, columns: Sequence[Column]) -> Table:
    """Quantities as rows while few networks are compared, else networks as rows."""
    notes = quoted(comparison)
    rows = comparison.rows
    if len(rows) <= ACROSS:
        heads = ("", *(row.label for row in rows))
        lines = [(c.heading, *(cell(c, row, notes) for row in rows)) for c in columns]
        return Table(heads, "l" + "r" * len(rows), tuple(lines), LEGEND)
    heads = ("network", *(column.heading for column in columns))
    sides = "l" + "".join("l" if column.kind == "words" else "r" for column in columns)
    found = [(row.label, *(cell(c, row, notes) for c in columns)) for row in rows]
    return Table(heads, sides, tuple(found), LEGEND)


def html(made: Table, notes: Sequence[str]) -> str:
    """A plain table, for notebooks; every text is escaped."""
    heads = "".join(f"<th>{escape(head)}</th>" for head in made.heads)
    rows = "".join(
        "<tr>" + "".join(
            f'<td style="text-align: {"left" if side == "l" else "right"}">{escape(cell)}</td>'
            for side, cell in zip(made.sides, row, strict=True)
        ) + "</tr>"
        for row in made.rows
    )  # fmt: skip
    below = "".join(f"<li>{escape(note)}</li>" for note in notes)
    listed = f"<ol>{below}</ol>" if below else ""
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return f"{table}{listed}<p>{escape(made.legend)}</p>"


def text(comparison: Comparison, columns: Sequence[Column]) -> str:
    """For terminals of 80 columns: networks side by side, in as many blocks as that takes."""
    notes = quoted(comparison)
    left = max(len(column.heading) for column in columns)
    blocks: list[list[Row]] = [[]]
    room = 0
    for row in comparison.rows:
        wide = _width(row, columns, notes) + 2
        if blocks[-1] and room + wide > WIDTH - left:
            blocks.append([])
            room = 0
        blocks[-1].append(row)
        room += wide
    parts = [_block(block, columns, notes, left) for block in blocks]
    said = [_hanging(f"({n})", text) for n, text in enumerate(notes, 1)]
    return "\n\n".join([*parts, *(["\n".join([*said, LEGEND])] if notes else [])]) + "\n"


def _width(row: Row, columns: Sequence[Column], notes: Sequence[str]) -> int:
    cells = [row.label, *(cell(column, row, notes) for column in columns)]
    return max(len(line) for text in cells for line in _lines(text))


def _lines(text: str) -> list[str]:
    return wrap(text, WIDEST) or [""]


def _block(rows: Sequence[Row], columns: Sequence[Column], notes: Sequence[str], left: int) -> str:
    widths = [_width(row, columns, notes) for row in rows]
    lines = _row("", [row.label for row in rows], left, widths)
    for column in columns:
        cells = [cell(column, row, notes) for row in rows]
        if any(cells):
            lines += _row(column.heading, cells, left, widths)
    return "\n".join(lines)


def _row(head: str, cells: Sequence[str], left: int, widths: Sequence[int]) -> list[str]:
    """As many lines as the tallest cell has."""
    broken = [_lines(text) for text in cells]
    lines = []
    for place in range(max(map(len, broken))):
        line = (head if place == 0 else "").ljust(left)
        for parts, width in zip(broken, widths, strict=True):
            line += "  " + (parts[place] if place < len(parts) else "").rjust(width)
        lines.append(line.rstrip())
    return lines


def _hanging(mark: str, said: str) -> str:
    indent = " " * (len(mark) + 1)
    return "\n".join(wrap(f"{mark} {said}", WIDTH, subsequent_indent=indent))
