"""Rows of a suite, run: computed figures beside printed ones, and a verdict for each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any

from archdsl import api
from archdsl.analysis.macs import paper_flops
from archdsl.errors import ArchdslError, Diagnostic, Place
from archdsl.paper.printed import Printed, read_printed
from archdsl.paper.suite import RowWords, Suite

TOLERANCE = "2%"
"""How far a figure may be off that a row says nothing of."""


class Verdict(StrEnum):
    """What became of a row."""

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

    @property
    def allowed(self) -> Fraction:
        """The share by which figures of the row may be off."""
        return allowed(self.row)


def run_row(suite: Suite, index: int) -> Result:
    """Run one row. What is wrong with it, or with its spec, is in the result."""
    row = suite.words.rows[index]
    if not row.architecture:
        return Result(suite, row, Verdict.NO_ARCHITECTURE, {})
    try:
        found = check(suite, row.spec or "", row.settings, ("rows", index))
    except ArchdslError as error:
        return Result(suite, row, Verdict.FAILS, {}, problems=error.diagnostics)
    figures = _figures(row, found)
    try:
        meant = _meant(suite, index)
    except ArchdslError as error:
        return Result(suite, row, Verdict.FAILS, figures, problems=error.diagnostics)
    verdict = judge(row, figures, meant)
    problems = tuple(_problems(suite, index, figures, meant)) if verdict == Verdict.FAILS else ()
    return Result(suite, row, verdict, figures, found.spec.sha256, meant, problems)


def judge(row: RowWords, figures: Mapping[str, Figure], meant: int | None) -> Verdict:
    """The verdict on a row that was computed.

    A row that is said to be a misprint must not come out, and what it is said to be must.
    """
    exact = all(figure.how for figure in figures.values())
    if row.misprint:
        return Verdict.FAILS if exact or not _explained(row, figures, meant) else Verdict.MISPRINT
    if exact:
        return Verdict.EXACT
    most = allowed(row)
    within = all(figure.how or abs(figure.off) <= most for figure in figures.values())
    return Verdict.WITHIN if within else Verdict.FAILS


def allowed(row: RowWords) -> Fraction:
    """The share by which figures of a row may be off."""
    return Fraction((row.tolerance or TOLERANCE).rstrip("%")) / 100


def check(
    suite: Suite, spec: str, settings: Mapping[str, Any], place: tuple[str | int, ...]
) -> api.Checked:
    """Check a spec that stands in a suite. Raises ArchdslError, placed in the suite if it can."""
    try:
        return api.check(api.load(suite.spec(spec), settings))
    except ArchdslError as error:
        found = [_placed(suite, place, finding) for finding in error.diagnostics]
        raise ArchdslError(found) from None


def _placed(suite: Suite, place: tuple[str | int, ...], finding: Diagnostic) -> Diagnostic:
    """A mistake in a setting stands where the suite sets it; one without a place at the spec."""
    if finding.source and finding.source.name.startswith("--set "):
        name = finding.source.name.removeprefix("--set ")
        return replace(finding, **suite.at(*place, "settings", name))
    where = suite.at(*place, "spec")
    return finding.within(where["source"], where["span"])


def _figures(row: RowWords, found: api.Checked) -> dict[str, Figure]:
    figures = {"parameters": Figure(read_printed(row.parameters), found.report.parameters)}
    if row.gflops:
        flops = sum(paper_flops(found.graph).values())
        figures["gflops"] = Figure(read_printed(row.gflops), flops)
    return figures


def _meant(suite: Suite, index: int) -> int | None:
    """The parameters of the network that a misprint's figure is said to be of."""
    misprint = suite.words.rows[index].misprint
    if not misprint or not misprint.network:
        return None
    network = misprint.network
    place = ("rows", index, "misprint", "network")
    return check(suite, network.spec, network.settings, place).report.parameters


def _explained(row: RowWords, figures: Mapping[str, Figure], meant: int | None) -> bool:
    """Whether what a misprint is said to be holds."""
    figure, misprint = figures["parameters"], row.misprint
    instead = misprint and misprint.instead
    if instead and not read_printed(instead).how(figure.computed):
        return False
    return meant is None or figure.printed.how(meant) is not None


def _problems(
    suite: Suite, index: int, figures: Mapping[str, Figure], meant: int | None
) -> Iterator[Diagnostic]:
    """Why a row that was computed fails."""
    row = suite.words.rows[index]
    source = row.source or suite.words.source
    if row.misprint:
        yield _no_misprint(row, figures, meant, suite.at("rows", index, "misprint"))
        return
    for name, figure in figures.items():
        if not figure.how and abs(figure.off) > allowed(row):
            yield Diagnostic(
                "A220",
                f"{name} of {row.label}: {figure.computed:,}, but {source} "
                f"has {figure.printed.text}",
                note=f"off by {float(figure.off):+.2%}; {row.tolerance or TOLERANCE} are allowed",
                help="mend `spec` or `settings`, or state a `tolerance` with a `note` why",
                **suite.at("rows", index, name),
            )


def _no_misprint(
    row: RowWords, figures: Mapping[str, Figure], meant: int | None, place: Place
) -> Diagnostic:
    """The finding that a figure is no misprint, or another one than the row says."""
    figure = figures["parameters"]
    if _explained(row, figures, meant):
        message = f"{row.label} is no misprint: {figure.computed:,} prints as the figure"
        return Diagnostic("A220", message, help="remove `misprint`", **place)
    counts = f"this network has {figure.computed:,} parameters"
    counts += f", the one that is named {meant:,}" if meant is not None else ""
    message = f"the misprint of {row.label} is not what it is said to be"
    return Diagnostic("A220", message, note=counts, **place)
