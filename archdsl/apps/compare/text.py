"""A comparison as text for terminals of 80 columns, without colour."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from textwrap import wrap

from rich.console import Console
from rich.table import Table
from rich.text import Text as Words

from archdsl.apps.compare.columns import Column
from archdsl.apps.compare.model import Comparison, Row
from archdsl.apps.compare.tables import LEGEND, cell, quoted

WIDTH, WIDEST = 80, 22
"""Maximum number of characters in a line, and in a line of a cell."""


def text(comparison: Comparison, columns: Sequence[Column]) -> str:
    """Return a comparison for terminals of 80 columns, in as many blocks as needed.

    Args:
        comparison: the networks; each is a column of a block.
        columns: the quantities, one in each line.
    """
    notes = quoted(comparison, columns)
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
    listed = [_hanging(f"({n})", text) for n, text in enumerate(notes, 1)]
    return "\n\n".join([*parts, *(["\n".join([*listed, LEGEND])] if notes else [])]) + "\n"


def _width(row: Row, columns: Sequence[Column], notes: Sequence[str]) -> int:
    cells = [row.label, *(cell(column, row, notes) for column in columns)]
    return max(len(line) for text in cells for line in wrap(text, WIDEST) or [""])


def _block(rows: Sequence[Row], columns: Sequence[Column], notes: Sequence[str], left: int) -> str:
    """Return a block with a column for each network; cells wider than `WIDEST` are wrapped."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    grid.add_column(width=left)
    for row in rows:
        grid.add_column(justify="right", width=_width(row, columns, notes))
    grid.add_row("", *(Words(row.label) for row in rows))
    for column in columns:
        cells = [cell(column, row, notes) for row in rows]
        if any(cells):
            grid.add_row(column.heading, *map(Words, cells))
    out = StringIO()
    Console(file=out, width=WIDTH, color_system=None, force_terminal=False).print(grid)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip("\n").split("\n"))


def _hanging(mark: str, text: str) -> str:
    indent = " " * (len(mark) + 1)
    return "\n".join(wrap(f"{mark} {text}", WIDTH, subsequent_indent=indent))
