"""A comparison as a table of text, for Markdown, LaTeX and HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from archdsl.apps.compare.columns import Column
from archdsl.apps.compare.published import Quote
from archdsl.apps.reproduce.page import Table

if TYPE_CHECKING:
    from archdsl.apps.compare.model import Comparison, Row

ACROSS = 5
"""Maximum number of networks as columns in Markdown and LaTeX; with more, networks are rows."""

LEGEND = "Counts are exact. Errors are quoted, not measured here."


def quoted(comparison: Comparison, columns: Sequence[Column]) -> list[str]:
    """Return the notes of a table: the source of each error, and why it may not apply.

    Args:
        comparison: the networks.
        columns: the columns of the table; errors in other columns have no notes.

    Returns:
        Each note once, in the order in which it first applies.
    """
    shown = {column.name for column in columns}
    quotes = (quote for row in comparison.rows for quote in row.published)
    return list(dict.fromkeys(note(q) for q in quotes if f"{q.data}_error" in shown))


def note(quote: Quote) -> str:
    """Return the source of an error, such as `Zhu et al. 2018, Table 2, row DenseNet (k=12) 40`."""
    doubt = f"; in doubt: {quote.doubt}" if quote.doubt else ""
    return f"{quote.source}, row {quote.label}{doubt}"


def cell(column: Column, row: Row, notes: Sequence[str]) -> str:
    """Return a value as text, with the number of its note.

    Args:
        column: the quantity.
        row: the network.
        notes: all notes of the table, as `quoted` returns them.

    Returns:
        The text, such as `760,000`, or `4.51 (2)` for a quoted error.
    """
    text = column.text(row)
    if column.kind != "quoted" or not text:
        return text
    quote = next(q for q in row.published if f"{q.data}_error" == column.name)
    return f"{text} ({notes.index(note(quote)) + 1})"


def table(comparison: Comparison, columns: Sequence[Column]) -> Table:
    """Return the table: quantities as rows for few networks, else networks as rows.

    Args:
        comparison: the networks; up to `ACROSS` become columns.
        columns: the quantities.
    """
    notes = quoted(comparison, columns)
    rows = comparison.rows
    if len(rows) <= ACROSS:
        heads = ("", *(row.label for row in rows))
        lines = [(c.heading, *(cell(c, row, notes) for row in rows)) for c in columns]
        return Table(heads, "l" + "r" * len(rows), tuple(lines), LEGEND)
    heads = ("network", *(column.heading for column in columns))
    sides = "l" + "".join("l" if column.kind == "words" else "r" for column in columns)
    wide = [(row.label, *(cell(c, row, notes) for c in columns)) for row in rows]
    return Table(heads, sides, tuple(wide), LEGEND)


def html(grid: Table, notes: Sequence[str]) -> str:
    """Return a plain HTML table for notebooks; all text is escaped.

    Args:
        grid: the cells.
        notes: text below the table, as a numbered list.
    """
    heads = "".join(f"<th>{escape(head)}</th>" for head in grid.heads)
    rows = "".join(
        "<tr>" + "".join(
            f'<td style="text-align: {"left" if side == "l" else "right"}">{escape(cell)}</td>'
            for side, cell in zip(grid.sides, row, strict=True)
        ) + "</tr>"
        for row in grid.rows
    )  # fmt: skip
    below = "".join(f"<li>{escape(note)}</li>" for note in notes)
    listed = f"<ol>{below}</ol>" if below else ""
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return f"{table}{listed}<p>{escape(grid.legend)}</p>"
