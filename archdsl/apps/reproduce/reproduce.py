"""Compute the figures of a suite's rows, and compare them with the printed ones."""

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
from archdsl.counted import counted
from archdsl.errors import ArchdslError, Diagnostic
from archdsl.lowering.limits import Allowance, Limits
from archdsl.lowering.network import size

TOLERANCE = "2%"
"""Tolerance of figures whose row states none."""


class Verdict(StrEnum):
    """The result for a figure or a row, the best first."""

    EXACT = "exact"
    WITHIN = "within"
    MISPRINT = "misprint"
    NO_ARCHITECTURE = "not-an-architecture"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Figure:
    """A printed figure and its computed count."""

    printed: Printed
    computed: int
    verdict: Verdict

    @property
    def how(self) -> str | None:
        """Return how the count prints as the figure, or None if it does not."""
        return self.printed.how(self.computed)

    @property
    def off(self) -> Fraction:
        """Return the relative difference of the count from the figure."""
        return self.printed.off(self.computed)


@dataclass(frozen=True)
class Result:
    """The result of a row.

    `figures` are by their keys. `meant` is the count of the network that a misprint names.
    """

    suite: Suite
    row: RowWords
    verdict: Verdict
    figures: Mapping[str, Figure]
    sha256: str | None = None
    meant: int | None = None
    problems: tuple[Diagnostic, ...] = ()


def run_row(suite: Suite, index: int, allowance: Allowance | None = None) -> Result:
    """Compute one row. Its errors, and those of its spec, are in the result.

    Args:
        suite: the suite.
        index: the index of the row.
        allowance: the limits on all networks of a command, of which each row takes its part.
    """
    allowance = allowance or Allowance(Limits())
    row = suite.words.rows[index]
    if row.spec is None:
        return Result(suite, row, Verdict.NO_ARCHITECTURE, {})
    try:
        checked = check(suite, row.spec, row.settings, allowance, "rows", index)
        meant = _meant(suite, index, allowance)
    except ArchdslError as error:
        return Result(suite, row, Verdict.FAILS, {}, problems=error.diagnostics)
    figures = {
        name: Figure(printed, count, judge(row, name, printed, count, meant))
        for name, printed, count in _counted(row, checked)
    }
    verdict = max((figure.verdict for figure in figures.values()), key=list(Verdict).index)
    problems = tuple(_problems(suite, index, figures, meant))
    return Result(suite, row, verdict, figures, checked.spec.sha256, meant, problems)


def judge(row: RowWords, name: str, printed: Printed, count: int, meant: int | None) -> Verdict:
    """Return the verdict on one figure.

    If the row states a misprint, its printed `parameters` must not match the count, and the
    explanation of the misprint must.

    Args:
        row: the row.
        name: the key of the figure, `parameters` or `gflops`.
        printed: the printed figure.
        count: the computed count.
        meant: the parameters of the network that the misprint names, if it names one.
    """
    how = printed.how(count)
    if row.misprint and name == "parameters":
        return Verdict.MISPRINT if not how and _explained(row, count, meant) else Verdict.FAILS
    if how:
        return Verdict.EXACT
    return Verdict.WITHIN if abs(printed.off(count)) <= allowed(row) else Verdict.FAILS


def allowed(row: RowWords) -> Fraction:
    """Return the largest relative difference that a row allows."""
    return Fraction((row.tolerance or TOLERANCE).rstrip("%")) / 100


def check(
    suite: Suite, spec: str, settings: Mapping[str, Any], allowance: Allowance, *place: str | int
) -> api.Checked:
    """Check a spec of a suite. Its errors get a position in the suite if possible.

    Args:
        suite: the suite; paths of specs are relative to its file.
        spec: the path of the spec, as the suite has it.
        settings: values of its parameters.
        allowance: the limits, and what other networks of the command have used.
        place: path in the suite of the row or claim, such as `"rows", 3`.

    Raises:
        ArchdslError: as `api.load` and `api.check` do, and A305 if the allowance is used up.
    """
    with placed(suite, *place):
        loaded = api.load(suite.spec(spec), settings)
        allowance.take(size(loaded))
        return api.check(loaded, allowance.limits)


@contextmanager
def placed(suite: Suite, *place: str | int) -> Iterator[None]:
    """Add the position in the suite to errors of the spec of a row or claim."""
    try:
        yield
    except ArchdslError as error:
        located = [_placed(suite, place, finding) for finding in error.diagnostics]
        raise ArchdslError(located) from None


def _placed(suite: Suite, place: tuple[str | int, ...], finding: Diagnostic) -> Diagnostic:
    """Return the finding with the suite's position: that of the setting, or else of the spec."""
    if finding.source and finding.source.name.startswith("--set "):
        name = finding.source.name.removeprefix("--set ")
        return replace(finding, **suite.at(*place, "settings", name))
    where = suite.at(*place, "spec")
    return finding.within(where["source"], where["span"])


def _counted(row: RowWords, checked: api.Checked) -> Iterator[tuple[str, Printed, int]]:
    """Yield the key, the printed figure and the count of each figure of a row."""
    yield "parameters", read_printed(row.parameters), checked.report.parameters
    if row.gflops:
        yield "gflops", read_printed(row.gflops), sum(paper_flops(checked.graph).values())


def _meant(suite: Suite, index: int, allowance: Allowance) -> int | None:
    """Return the parameters of the network that a misprint names, or None if it names none."""
    misprint = suite.words.rows[index].misprint
    if not misprint or not misprint.network:
        return None
    network = misprint.network
    place = ("rows", index, "misprint", "network")
    return check(suite, network.spec, network.settings, allowance, *place).report.parameters


def _explained(row: RowWords, count: int, meant: int | None) -> bool:
    """Return whether the explanation of a misprint matches the counts."""
    instead = row.misprint and row.misprint.instead
    if instead and not read_printed(instead).how(count):
        return False
    return meant is None or read_printed(row.parameters).how(meant) is not None


def _problems(
    suite: Suite, index: int, figures: Mapping[str, Figure], meant: int | None
) -> Iterator[Diagnostic]:
    """Yield the errors of a computed row."""
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
    counts = f"the row's network has {counted(figure.computed, 'parameter')}"
    counts += f", the one named here {meant:,}" if meant is not None else ""
    message = f"the misprint of {label} is not what it is said to be"
    return Diagnostic("A220", message, note=counts, **place)
