"""A comparison: one row for each network, in the order they were named."""

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
    """A network under a label that no other row has, and the errors that are printed for it."""

    label: str
    checked: Checked
    published: tuple[Quote, ...] = ()

    @property
    def name(self) -> str:
        """The spec's name."""
        return self.checked.spec.name

    @property
    def settings(self) -> Mapping[str, Any]:
        """The parameters that were set."""
        return self.checked.spec.settings

    @property
    def graph(self) -> Graph:
        """The network itself."""
        return self.checked.graph

    @property
    def report(self) -> Report:
        """What is counted of it."""
        return self.checked.report

    def error(self, data: str) -> str | None:
        """The printed error on `c10`, `c100` or `imagenet`, as it is printed."""
        return next((quote.error for quote in self.published if quote.data == data), None)


@dataclass(frozen=True)
class Comparison:
    """Networks side by side. `archdsl.apps.compare.columns` says what there is to compare."""

    rows: tuple[Row, ...]

    def _repr_html_(self) -> str:
        """The table that a notebook shows."""
        columns = filled(self)
        return html(table(self, columns), quoted(self, columns))


def compare_specs(*specs: Spec) -> Comparison:
    """Specs side by side, as `archdsl compare` shows them; notebooks show the table.

    Raises: ArchdslError as `lower`.
    """
    named = [(spec.name, Entry(Path(spec.name), {}, _words(spec.settings))) for spec in specs]
    return compare(zip(labels(named), map(check, specs), strict=True))


def _words(settings: Mapping[str, Any]) -> dict[str, str]:
    return {name: flow(value) for name, value in settings.items()}


def compare(entries: Iterable[tuple[str, Checked]]) -> Comparison:
    """Networks with their labels, which must differ, beside the errors printed for them."""
    rows = tuple(Row(label, checked, quotes(checked.spec)) for label, checked in entries)
    if len({row.label for row in rows}) < len(rows):
        raise ValueError("labels of a comparison must differ")
    return Comparison(rows)
