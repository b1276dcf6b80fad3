"""A comparison: one row for each network, in the order of the arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archdsl.analysis import Report
from archdsl.api import Checked, check
from archdsl.apps.compare.columns import filled
from archdsl.apps.compare.entries import Entry, labels
from archdsl.apps.compare.published import Quote, quotes
from archdsl.apps.compare.tables import html, quoted, table
from archdsl.frontend.dump import flow
from archdsl.frontend.load import Spec
from archdsl.ir.graph import Graph


@dataclass(frozen=True)
class Row:
    """A network with its unique label, and the error rates that papers print for it.

    `ratio` is its cost divided by that of the network whose cost it was brought to, if it was.
    """

    label: str
    checked: Checked
    published: tuple[Quote, ...] = ()
    ratio: float | None = None

    @property
    def name(self) -> str:
        """Return the name of the spec."""
        return self.checked.spec.name

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the parameters that are set, by name."""
        return self.checked.spec.settings

    @property
    def graph(self) -> Graph:
        """Return the graph of the network."""
        return self.checked.graph

    @property
    def report(self) -> Report:
        """Return the numbers of the network."""
        return self.checked.report

    def error(self, data: str) -> str | None:
        """Return the printed error on `c10`, `c100` or `imagenet` in percent, or None."""
        return next((quote.error for quote in self.published if quote.data == data), None)


@dataclass(frozen=True, repr=False)
class Comparison:
    """Networks to compare; the columns are in `archdsl.apps.compare.columns`."""

    rows: tuple[Row, ...]

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(row.label for row in self.rows)}>"

    def _repr_html_(self) -> str:
        """Return the table that a notebook shows, as HTML."""
        columns = filled(self)
        return html(table(self, columns), quoted(self, columns))


def compare_specs(*specs: Spec) -> Comparison:
    """Compare specs as `archdsl compare` does; notebooks show the result as a table.

    Raises:
        ArchdslError: as `check` does.
    """
    named = [(spec.name, Entry(Path(spec.name), {}, _words(spec.settings))) for spec in specs]
    return compare(zip(labels(named), map(check, specs), strict=True))


def _words(settings: Mapping[str, Any]) -> dict[str, str]:
    return {name: flow(value) for name, value in settings.items()}


def compare(
    entries: Iterable[tuple[str, Checked]], ratios: Mapping[int, float] | None = None
) -> Comparison:
    """Compare checked networks.

    Args:
        entries: the label and the network of each row.
        ratios: `Row.ratio` by the number of the row, for networks that have one.

    Raises:
        ValueError: if two labels are equal.
    """
    rows = tuple(
        Row(label, checked, quotes(checked.spec), (ratios or {}).get(index))
        for index, (label, checked) in enumerate(entries)
    )
    if len({row.label for row in rows}) < len(rows):
        raise ValueError("labels of a comparison must differ")
    return Comparison(rows)
