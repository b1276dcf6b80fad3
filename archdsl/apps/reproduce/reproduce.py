"""Rows of a suite, run: computed figures beside printed ones, and a verdict for each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any

from archdsl import api
from archdsl.analysis.macs import paper_flops
from archdsl.apps.reproduce.printed import Printed, read_printed
from archdsl.apps.reproduce.suite import RowWords, Suite
from archdsl.errors import ArchdslError, Diagnostic
from archdsl.lowering.limits import Allowance, Limits
from archdsl.lowering.network import size

TOLERANCE = "2%"
"""How far a figure may be off of which a row says nothing."""


class Verdict(StrEnum):
    """What became of a figure or a row, the best first."""

    EXACT = "exact"
    WITHIN = "within"
    MISPRINT = "misprint"
    NO_ARCHITECTURE = "not-an-architecture"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Figure:
    """A printed figure and the count beside it."""

    printed: Printed
    computed: int
    verdict: Verdict

    @property
    def how(self) -> str | None:
        """How the count prints as the figure, if it does."""
        return self.printed.how(self.computed)

    @property
    def off(self) -> Fraction:
        """By what share of the figure the count differs from it."""
        return self.printed.off(self.computed)


@dataclass(frozen=True)
class Result:
    """A row that was run. `figures` are by their keys, `meant` is the count of a misprint's own."""

    suite: Suite
    row: RowWords
    verdict: Verdict
    figures: Mapping[str, Figure]
    sha256: str | None = None
    meant: int | None = None
    problems: tuple[Diagnostic, ...] = ()


def run_row(suite: Suite, index: int, allowance: Allowance | None = None) -> Result:
    """Run one row. What is wrong with it, or with its spec, is in the result.

    `allowance` is shared by rows of one command, and used up by each.
    """
    allowance = allowance or Allowance(Limits())
    row = suite.words.rows[index]
    if row.spec is None:
        return Result(suite, row, Verdict.NO_ARCHITECTURE, {})
    try:
        found = check(suite, row.spec, row.settings, allowance, "rows", index)
        meant = _meant(suite, index, allowance)
    except ArchdslError as error:
        return Result(suite, row, Verdict.FAILS, {}, problems=error.diagnostics)
    figures = {
        name: Figure(printed, count, judge(row, name, printed, count, meant))
        for name, printed, count in _counted(row, found)
    }
    verdict = max((figure.verdict for figure in figures.values()), key=list(Verdict).index)
    problems = tuple(_problems(suite, index, figures, meant))
    return Result(suite, row, verdict, figures, found.spec.sha256, meant, problems)


def judge(row: RowWords, name: str, printed: Printed, count: int, meant: int | None) -> Verdict:
    """The verdict on one figure.

    A row's misprint is its `parameters`. These must not come out then, and what they are said to be
    must.
    """
    how = printed.how(count)
    if row.misprint and name == "parameters":
        return Verdict.MISPRINT if not how and _explained(row, count, meant) else Verdict.FAILS
    if how:
        return Verdict.EXACT
    return Verdict.WITHIN if abs(printed.off(count)) <= allowed(row) else Verdict.FAILS


def allowed(row: RowWords) -> Fraction:
    """The share by which figures of a row may be off."""
    return Fraction((row.tolerance or TOLERANCE).rstrip("%")) / 100


def check(
    suite: Suite, spec: str, settings: Mapping[str, Any], allowance: Allowance, *place: str | int
) -> api.Checked:
    """Check a spec of a suite. Raises ArchdslError, with a position in the suite if possible."""
    with placed(suite, *place):
        loaded = api.load(suite.spec(spec), settings)
        allowance.take(size(loaded))
        return api.check(loaded, allowance.limits)


@contextmanager
def placed(suite: Suite, *place: str | int) -> Iterator[None]:
    """Give what goes wrong with the spec of a row or claim its place in the suite."""
    try:
        yield
    except ArchdslError as error:
        found = [_placed(suite, place, finding) for finding in error.diagnostics]
        raise ArchdslError(found) from None


def _placed(suite: Suite, place: tuple[str | int, ...], finding: Diagnostic) -> Diagnostic:
    """Return the finding with the suite's position: that of the setting, or else of the spec."""
    if finding.source and finding.source.name.startswith("--set "):
        name = finding.source.name.removeprefix("--set ")
        return replace(finding, **suite.at(*place, "settings", name))
    where = suite.at(*place, "spec")
    return finding.within(where["source"], where["span"])


def _counted(row: RowWords, found: api.Checked) -> Iterator[tuple[str, Printed, int]]:
    """The printed figures of a row, and the counts that belong to them."""
    yield "parameters", read_printed(row.parameters), found.report.parameters
    if row.gflops:
        yield "gflops", read_printed(row.gflops), sum(paper_flops(found.graph).values())


def _meant(suite: Suite, index: int, allowance: Allowance) -> int | None:
    """The parameters of the network that a misprint's figure is said to be of."""
    misprint = suite.words.rows[index].misprint
    if not misprint or not misprint.network:
        return None
    network = misprint.network
    place = ("rows", index, "misprint", "network")
    return check(suite, network.spec, network.settings, allowance, *place).report.parameters


def _explained(row: RowWords, count: int, meant: int | None) -> bool:
    """Whether what a misprint is said to be holds."""
    instead = row.misprint and row.misprint.instead
    if instead and not read_printed(instead).how(count):
        return False
    return meant is None or read_printed(row.parameters).how(meant) is not None


def _problems(
    suite: Suite, index: int, figures: Mapping[str, Figure], meant: int | None
) -> Iterator[Diagnostic]:
    """Why a row that was computed fails."""
    row = suite.words.rows[index]
    for name, figure in figures.items():
        if figure.verdict == Verdict.FAILS:
            if row.misprint and name == "parameters":
                yield _no_misprint(suite, index, figure, meant)
            else:
                yield _too_far(suite, index, name, figure)


def _too_far(suite: Suite, index: int, name: str, figure: Figure) -> Diagnostic:
    row = suite.words.rows[index]
    source = row.source or suite.words.source
    return Diagnostic(
        "A220",
        f"{name} of {row.label}: {figure.computed:,}, but {source} has {figure.printed.text}",
        note=f"off by {float(figure.off):+.2%}; {row.tolerance or TOLERANCE} are allowed",
        help="fix `spec` or `settings`, or state a `tolerance` and in a `note` why",
        **suite.at("rows", index, name),
    )


def _no_misprint(suite: Suite, index: int, figure: Figure, meant: int | None) -> Diagnostic:
    """Return the finding that a figure is not a misprint, or not the one that the row says."""
    label, place = suite.words.rows[index].label, suite.at("rows", index, "misprint")
    if figure.how:
        message = f"{label} is not a misprint: {figure.computed:,} prints as {figure.printed.text}"
        return Diagnostic("A220", message, help="remove `misprint`", **place)
    counts = f"the row's network has {figure.computed:,} parameters"
    counts += f", the one named here {meant:,}" if meant is not None else ""
    message = f"the misprint of {label} is not what it is said to be"
    return Diagnostic("A220", message, note=counts, **place)
