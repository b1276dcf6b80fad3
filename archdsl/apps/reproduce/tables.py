"""Tables of outcomes: what all formats share, and the text for terminals of 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil
from textwrap import fill

from archdsl.aligned import aligned
from archdsl.apps.reproduce.classes import QUANTITIES, Measured
from archdsl.apps.reproduce.reproduce import Figure, Result, Verdict
from archdsl.apps.reproduce.suite import Suite

WIDTH = 80
Outcome = Result | Measured
NAMES = {"parameters": "parameters", "gflops": "FLOPs"}
"""Key of a figure to its name in tables."""
WORDS = {
    Verdict.EXACT: "exact to the printed digits",
    Verdict.WITHIN: "within a tolerance",
    Verdict.MISPRINT: "misprinted",
    Verdict.NO_ARCHITECTURE: "not an architecture",
    Verdict.FAILS: "failing",
}


class Notes:
    """Remarks under a table, each once; rows refer to them by number."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def refer(self, texts: Iterable[str]) -> str:
        """Add new remarks, and return the numbers of all given ones: `1,3`."""
        texts = list(texts)
        self.texts += [text for text in dict.fromkeys(texts) if text not in self.texts]
        return ",".join(str(self.texts.index(text) + 1) for text in texts)


def remarks(result: Result) -> list[str]:
    """Return the remarks on a row."""
    row = result.row
    texts = [f"counts {row.counts}"] if row.counts else []
    texts += [f"tuned: {row.tuned}"] if row.tuned else []
    if row.misprint:
        counted = f"; that one counts {result.meant:,}" if result.meant is not None else ""
        texts.append(f"known misprint: {row.misprint.why}{counted}")
    texts += [row.note] if row.note else []
    return texts + [f"fails: {problem.message}" for problem in result.problems]


def within(figure: Figure) -> str:
    """Return the relative difference of a figure, rounded up: `1.3%`."""
    return f"{ceil(abs(figure.off) * 1000) / 10}%"


def says(verdict: Verdict, figure: Figure | None) -> str:
    """Return a verdict as text.

    Args:
        verdict: the verdict on a figure or a row.
        figure: the figure; None for a row that has none.
    """
    match verdict:
        case Verdict.EXACT if figure:
            return f"exact ({figure.how})"
        case Verdict.WITHIN if figure:
            return f"within {within(figure)}"
        case Verdict.MISPRINT:
            return "known misprint"
        case Verdict.NO_ARCHITECTURE:
            return "not an architecture"
    return "fails"


def summary(outcomes: Sequence[Outcome], total: int) -> str:
    """Return one line with the number of rows for each verdict.

    Args:
        outcomes: the outcomes so far.
        total: number of rows and claims of the suite; with fewer outcomes the line says how many
            are done.
    """
    if len(outcomes) < total:
        return f"{len(outcomes)} of {total} done"
    rows = [outcome for outcome in outcomes if isinstance(outcome, Result)]
    claims = [outcome for outcome in outcomes if isinstance(outcome, Measured)]
    counts = Counter(row.verdict for row in rows)
    verdicts = [f"{counts[verdict]} {words}" for verdict, words in WORDS.items() if counts[verdict]]
    tuned = sum(row.row.tuned is not None for row in rows)
    number = _number(len(rows), "row") + (f", {tuned} of them tuned" if tuned else "")
    totals = [f"{number}: {', '.join(verdicts)}"] if rows else []
    if claims:
        hold = sum(not claim.problems for claim in claims)
        totals.append(f"{_number(len(claims), 'claim')}: {hold} hold{'s' * (hold == 1)}")
    return "; ".join(totals)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def figures(result: Result) -> list[tuple[str, str, Figure | None]]:
    """Return the figures of a row: name, printed text, and the computed figure if there is one."""
    printed = {"parameters": result.row.parameters, "gflops": result.row.gflops}
    return [(NAMES[name], text, result.figures.get(name)) for name, text in printed.items() if text]


def text(suite: Suite, outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes of a suite for a terminal.

    Args:
        suite: the suite, for its title and its source.
        outcomes: the outcomes of its rows and claims, as far as they are computed.
    """
    words, notes = suite.words, Notes()
    rows = [outcome for outcome in outcomes if isinstance(outcome, Result)]
    claims = [outcome for outcome in outcomes if isinstance(outcome, Measured)]
    parts = [fill(f"{words.name}: {words.title} ({words.source})", WIDTH)]
    parts += [_rows(rows, notes)] if rows else []
    parts += [_claims(claims, notes)] if claims else []
    parts += [_notes(notes)] if notes.texts else []
    parts.append(fill(summary(outcomes, len(words.rows) + len(words.claims)), WIDTH))
    return "\n\n".join(parts) + "\n"


def _notes(notes: Notes) -> str:
    return "\n".join(
        fill(f"{number:>2}  {note}", WIDTH, subsequent_indent="    ")
        for number, note in enumerate(notes.texts, 1)
    )


def _rows(results: Sequence[Result], notes: Notes) -> str:
    lines = [("network", "printed", "computed", "ratio", "verdict", "")]
    for result in results:
        label, marks = result.row.label, notes.refer(remarks(result))
        for name, printed, figure in figures(result):
            name = label if name == "parameters" else f"  {name}"
            verdict = _short(figure.verdict if figure else result.verdict, figure)
            lines.append((name, printed, *_counted(figure), verdict, marks))
            marks = ""
    return fitted(lines, "<>>><<")


def _counted(figure: Figure | None) -> tuple[str, str]:
    if figure is None:
        return "", ""
    return f"{figure.computed:,}", f"{float(figure.off) + 1:.3f}"


def _short(verdict: Verdict, figure: Figure | None) -> str:
    """Return a verdict as short text for a terminal."""
    match verdict:
        case Verdict.EXACT if figure:
            return "exact" if figure.how == "rounded or cut" else f"exact, {figure.how}"
        case Verdict.WITHIN if figure:
            return f"within {within(figure)}"
        case Verdict.MISPRINT:
            return "misprint"
        case Verdict.NO_ARCHITECTURE:
            return "no architecture"
    return "FAILS"


def _claims(claims: Sequence[Measured], notes: Notes) -> str:
    lines = [("network", "paper", "counted", "first", "last", "")]
    for claim in claims:
        texts = [claim.words.note] if claim.words.note else []
        texts += [f"fails: {problem.message}" for problem in claim.problems]
        lines.append((claim.words.label, "", "", "", "", notes.refer(texts)))
        for name in QUANTITIES:
            values = claim.counts.get(name, ())
            ends = (f"{values[0]:,}", f"{values[-1]:,}") if values else ("", "")
            shown = claim.shows(name) or "FAILS"
            quantity = "  " + name.replace("_", " ")
            lines.append((quantity, getattr(claim.words, name), shown, *ends, ""))
    return fitted(lines, "<<<>><")


def fitted(rows: Sequence[tuple[str, ...]], sides: str) -> str:
    """Align rows; cells of the first column are cut so that a line has `WIDTH` characters.

    Args:
        rows: cells of each line, the heads first; all lines have the same number of cells.
        sides: for each column `<` to align left or `>` to align right.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = max(10, WIDTH - sum(widths[1:]) - 2 * (len(sides) - 1))
    cut = [(first if len(first) <= room else first[: room - 3] + "...", *others)
           for first, *others in rows]  # fmt: skip
    return "\n".join(aligned(cut, sides))
