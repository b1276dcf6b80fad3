"""A comparison as JSON, CSV, Markdown and LaTeX."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from typing import Any

from archdsl.apps.compare.columns import Column
from archdsl.apps.compare.model import Comparison, Row
from archdsl.apps.compare.tables import quoted, table
from archdsl.apps.compare.text import text
from archdsl.apps.reproduce import latex as in_latex
from archdsl.apps.reproduce import markdown as in_markdown
from archdsl.version import __version__

Columns = Sequence[Column]
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(comparison: Comparison, columns: Columns) -> str:
    """Return a comparison as JSON with exact numbers.

    Args:
        comparison: the networks.
        columns: what to compare. Unknown values are null; `settings` and `published` are always
            included.
    """
    rows = [_facts(row, columns) for row in comparison.rows]
    return json.dumps({"archdsl": __version__, "networks": rows}, indent=2) + "\n"


def _facts(row: Row, columns: Columns) -> Mapping[str, Any]:
    values = {column.name: column.value(row) for column in columns if column.kind != "quoted"}
    return {
        "label": row.label,
        "name": row.name,
        **values,
        "settings": dict(row.settings),
        "published": [quote.as_dict() for quote in row.published],
    }


def as_csv(comparison: Comparison, columns: Columns) -> str:
    """Return a comparison as CSV with exact numbers; unknown values are empty.

    Args:
        comparison: the networks, one in each line.
        columns: what to compare. Text that a spreadsheet would read as a formula gets an
            apostrophe before it.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["network", *(column.name for column in columns)])
    for row in comparison.rows:
        values = (column.value(row) for column in columns)
        writer.writerow([plain(row.label), *("" if v is None else plain(v) for v in values)])
    return out.getvalue()


def plain(value: int | float | str) -> int | float | str:
    """Return a value that spreadsheets do not read as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def as_markdown(comparison: Comparison, columns: Columns) -> str:
    """Return a comparison as a Markdown table, followed by its notes.

    Args:
        comparison: the networks.
        columns: what to compare; the sources of quoted errors are the notes.
    """
    grid, notes = table(comparison, columns), tuple(quoted(comparison, columns))
    parts = [
        f"{in_markdown.BANNER} compare. Do not edit. -->", in_markdown.table(grid), grid.legend,
    ]  # fmt: skip
    return "\n\n".join([*parts, *([in_markdown.notes(notes)] if notes else [])]) + "\n"


def as_latex(comparison: Comparison, columns: Columns) -> str:
    """Return a comparison as a LaTeX float, which needs booktabs.

    Args:
        comparison: the networks.
        columns: what to compare; the sources of quoted errors are notes below the table.
    """
    grid = table(comparison, columns)
    caption = f"Networks compared. {grid.legend}"
    body = in_latex.table(grid, caption, "tab:networks", quoted(comparison, columns))
    return f"{in_latex.BANNER} {__version__} compare. Do not edit.\n\n{body}\n"


FORMS: Mapping[str, Callable[[Comparison, Columns], str]] = {
    "text": text,
    "json": as_json,
    "csv": as_csv,
    "markdown": as_markdown,
    "latex": as_latex,
}
SUFFIXES = {"txt": "text", "json": "json", "csv": "csv", "md": "markdown", "tex": "latex"}
