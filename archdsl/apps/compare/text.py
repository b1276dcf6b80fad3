"""A comparison as text for terminals of 80 columns, without colour."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from textwrap import wrap

from rich.console import Console
from rich.table import Table
from rich.text import Text as Words

from archdsl.apps.compare.columns import Column
from archdsl.apps.compare.model import Comparison
from archdsl.apps.compare.tables import LEGEND, cell, quoted

WIDTH, WIDEST = 80, 22
"""Maximum number of characters in a line, and in a line of a cell."""

Line = tuple[str, Sequence[str]]
"""The heading of a quantity, and its text for each network."""


def text(comparison: Comparison, columns: Sequence[Column]) -> str:
    """Return a comparison for terminals of 80 columns, in as many blocks as needed.

    Args:
        comparison: the networks; each is a column of a block.
        columns: the quantities, one in each line.
    """
    notes = quoted(comparison, columns)
    rows = comparison.rows
    lines = [(column.heading, [cell(column, row, notes) for row in rows]) for column in columns]
    parts = blocks([row.label for row in rows], lines)
    listed = [_hanging(f"({n})", text) for n, text in enumerate(notes, 1)]
    return "\n\n".join([*parts, *(["\n".join([*listed, LEGEND])] if notes else [])]) + "\n"


def blocks(labels: Sequence[str], lines: Sequence[Line]) -> list[str]:
    """Return a table of quantities, cut into blocks of at most 80 columns.

    Args:
        labels: the head of each column of numbers.
        lines: the heading of each quantity, with a cell for each label. A block leaves out the
            lines that are empty in it.
    """
    left = max(len(heading) for heading, _ in lines)
    widths = [
        max(len(part) for text in (label, *cells) for part in wrap(text, WIDEST) or [""])
        for label, *cells in zip(labels, *(cells for _, cells in lines), strict=True)
    ]
    shown: list[list[int]] = [[]]
    room = 0
    for index, width in enumerate(widths):
        if shown[-1] and room + width + 2 > WIDTH - left:
            shown.append([])
            room = 0
        shown[-1].append(index)
        room += width + 2
    return [_block(block, labels, lines, widths, left) for block in shown]


def _block(
    shown: Sequence[int], labels: Sequence[str], lines: Sequence[Line], widths: Sequence[int],
    left: int,
) -> str:  # fmt: skip
    """Return a block of some columns; cells wider than `WIDEST` are wrapped."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    grid.add_column(width=left)
    for index in shown:
        grid.add_column(justify="right", width=widths[index])
    grid.add_row("", *(Words(labels[index]) for index in shown))
    for heading, cells in lines:
        own = [cells[index] for index in shown]
        if any(own):
            grid.add_row(heading, *map(Words, own))
    out = StringIO()
    Console(file=out, width=WIDTH, color_system=None, force_terminal=False).print(grid)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip("\n").split("\n"))


def _hanging(mark: str, text: str) -> str:
    indent = " " * (len(mark) + 1)
    return "\n".join(wrap(f"{mark} {text}", WIDTH, subsequent_indent=indent))
