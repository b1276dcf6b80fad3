"""Outcomes of a suite as tables and sentences, without markup or widths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archdsl.apps.reproduce.classes import QUANTITIES, Measured
from archdsl.apps.reproduce.reproduce import Figure, Result
from archdsl.apps.reproduce.suite import Suite
from archdsl.apps.reproduce.tables import Notes, Outcome, figures, remarks, says, summary

ERRORS = {"c10": "C10+", "c100": "C100+", "imagenet": "top-1"}
LEGEND = """\
Exact: the count, rounded or cut to the printed digits, is the figure. Tuned: with a setting that \
the paper does not state and that was found by trying. Errors are quoted, not reproduced."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its heads, the alignment of each column (`l` or `r`), and its rows.

    `legend` is a text that explains it.
    """

    heads: tuple[str, ...]
    sides: str
    rows: tuple[tuple[str, ...], ...]
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A title, the quoted source, tables, numbered notes, and a summary."""

    name: str
    title: str
    source: str
    description: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    summary: str


def page(suite: Suite, outcomes: Sequence[Outcome]) -> Page:
    """Return a table of rows, a table of claims, and their remarks; empty tables are omitted.

    Args:
        suite: the suite, for its title and its source.
        outcomes: the outcomes of its rows and claims, as far as they are computed.
    """
    words, notes = suite.words, Notes()
    rows = [outcome for outcome in outcomes if isinstance(outcome, Result)]
    claims = [outcome for outcome in outcomes if isinstance(outcome, Measured)]
    tables = [_rows(rows, notes)] if rows else []
    tables += [_claims(claims, notes)] if claims else []
    total = summary(outcomes, len(words.rows) + len(words.claims))
    return Page(
        words.name, words.title, words.source, words.description, tuple(tables),
        tuple(notes.texts), f"{total}.",
    )  # fmt: skip


def _rows(results: Sequence[Result], notes: Notes) -> Table:
    quoted = [key for key in ERRORS if any(getattr(result.row.errors, key) for result in results)]
    lines = []
    for result in results:
        label, marks = result.row.label, notes.refer(remarks(result)).replace(",", ", ")
        errors = [getattr(result.row.errors, key) or "" for key in quoted]
        for name, printed, figure in figures(result):
            verdict = says(figure.verdict if figure else result.verdict, figure)
            lines.append((label, name, printed, *_counted(figure), verdict, marks, *errors))
            label, marks, errors = "", "", [""] * len(quoted)
    heads = ["network", "", "printed", "computed", "ratio", "verdict", "notes"]
    heads += [f"{ERRORS[key]} error" for key in quoted]
    return Table(tuple(heads), "llrrrll" + "r" * len(quoted), tuple(lines), LEGEND)


def _counted(figure: Figure | None) -> tuple[str, str]:
    return (f"{figure.computed:,}", f"{float(figure.off) + 1:.4f}") if figure else ("", "")


def _claims(claims: Sequence[Measured], notes: Notes) -> Table:
    heads = ("network", "", "paper", "counted", "at depths", "counts", "notes")
    lines = []
    for claim in claims:
        texts = [claim.words.note] if claim.words.note else []
        texts += [f"fails: {problem.message}" for problem in claim.problems]
        label, marks = claim.words.label, notes.refer(texts).replace(",", ", ")
        depths = _numbers(claim.words.depths)
        for name in QUANTITIES:
            counts = _numbers(claim.counts.get(name, ()))
            claimed, shown = getattr(claim.words, name), claim.shows(name) or "fails"
            lines.append((label, name.replace("_", " "), claimed, shown, depths, counts, marks))
            label, marks, depths = "", "", ""
    return Table(heads, "l" * len(heads), tuple(lines))


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(f"{number:,}" for number in numbers)
