"""Render the page of a comparison. Cells also have the exact numbers."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from archdsl.apps.compare.columns import Column, filled
from archdsl.apps.compare.model import Comparison, Row
from archdsl.apps.compare.tables import cell, quoted
from archdsl.apps.report.efficiency import points
from archdsl.apps.report.growing import curves
from archdsl.apps.report.plots import growth, scatter
from archdsl.apps.report.template import rendered
from archdsl.apps.report.topologies import left_out, topologies


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell, and the number by which it is sorted; empty if it has none."""

    text: str
    number: str


def html(comparison: Comparison) -> str:
    """Return the page as one self-contained file; the same networks give the same bytes."""
    columns = filled(comparison)
    notes = quoted(comparison, columns)
    drawn, left = curves(comparison)
    pictures = topologies(comparison)
    efficiency = points(comparison)
    return rendered(
        "page.html",
        title=", ".join(dict.fromkeys(row.name for row in comparison.rows)),
        columns=columns,
        rows=[(row.label, [_cell(c, row, notes) for c in columns]) for row in comparison.rows],
        notes=notes,
        topologies=[(t, Markup(t.svg)) for t in pictures if t.svg],
        undrawn=[t for t in pictures if not t.svg],
        left_out=left_out(comparison),
        growth=Markup(growth(drawn)) if drawn else "",
        not_grown=left,
        scatter=Markup(scatter(efficiency)),
        ringed=any(point.ours for point in efficiency),
    )


def _cell(column: Column, row: Row, notes: list[str]) -> Cell:
    value = column.value(row)
    number = ""
    if column.kind == "count" and value is not None:
        number = str(value)
    elif column.kind == "quoted" and value is not None:
        number = str(value).rstrip("*")
    return Cell(cell(column, row, notes), number)
