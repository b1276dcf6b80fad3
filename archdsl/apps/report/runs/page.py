"""Render the page of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from archdsl.apps.report.runs.plots import MOST, curves, measured, scatter, trained
from archdsl.apps.report.runs.strengths import MOST as MOST_HEATED
from archdsl.apps.report.runs.strengths import strengths
from archdsl.apps.report.template import rendered
from archdsl.apps.runs.columns import filled
from archdsl.apps.runs.grouping import Group, differing
from archdsl.apps.runs.model import Run
from archdsl.apps.runs.values import printable
from archdsl.errors import Diagnostic
from archdsl.lowering.limits import Limits


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell, a tooltip, and the number by which it is sorted; empty for none."""

    text: str
    details: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a head for each row and each column."""

    name: str
    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]

    def is_count(self, column: int) -> bool:
        """Return whether a column has numbers, which are aligned to the right."""
        return column > 0 and any(cells[column - 1].number for _, cells in self.rows)


def html(
    groups: Sequence[Group], findings: Sequence[Diagnostic] = (), limits: Limits | None = None
) -> str:
    """Return the page as one self-contained file; the same runs give the same bytes.

    Args:
        groups: groups of runs, as `archdsl.apps.runs.grouping.grouped` returns them.
        findings: what is wrong with the files of runs.
        limits: how large the networks may be.
    """
    runs = [run for group in groups for run in group.runs]
    drawn, points = trained(groups), measured(groups)
    heated = strengths(groups, limits)
    return rendered(
        "runs/page.html",
        title=", ".join(dict.fromkeys(run.network for run in runs)),
        groups=groups,
        runs=runs,
        findings=[printable(finding.message) for finding in findings],
        results=results("results", groups),
        singles=singles(runs) if len(runs) > len(groups) else None,
        settings=settings(groups),
        curves=Markup(curves(drawn)) if drawn else "",
        undrawn=_without(groups, drawn[:MOST]),
        scatter=Markup(scatter(points)) if points else "",
        unmeasured=_without(groups, points),
        heated=[(each, Markup(each.svg)) for each in heated if each.svg],
        unheated=[each for each in heated if not each.svg],
        left_out=[group.label for group in groups[MOST_HEATED:]],
    )


def results(name: str, groups: Sequence[Group]) -> Table:
    """Return the table of groups.

    Args:
        name: the name of the table.
        groups: its rows.
    """
    columns = filled(groups)
    rows = [
        (
            group.label,
            [
                Cell(column.text(group), column.details(group), _plain(column.number(group)))
                for column in columns
            ],
        )
        for group in groups
    ]
    return Table(name, ["network", *(column.heading for column in columns)], rows)


def singles(runs: Sequence[Run]) -> Table:
    """Return the table of single runs, named by their folders."""
    alone = [Group(run.name, (run,)) for run in runs]
    table = results("single runs", alone)
    return Table(table.name, ["run", *table.heads[1:]], table.rows)


def settings(groups: Sequence[Group]) -> Table | None:
    """Return the table of what differs between groups; None if there is one group."""
    if len(groups) < 2:
        return None
    differences = differing(groups)
    rows = [
        (group.label, [Cell(texts[index]) for texts in differences.values()])
        for index, group in enumerate(groups)
    ]
    return Table("settings that differ", ["network", *differences], rows)


def _without(groups: Sequence[Group], others: Sequence[Group]) -> list[str]:
    shown = {group.label for group in others}
    return [group.label for group in groups if group.label not in shown]


def _plain(number: float | None) -> str:
    return "" if number is None else repr(number)
