"""Outcomes of suites as tables: what all forms share, and the text for terminals (80 columns)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil
from textwrap import fill, shorten

from archdsl.paper.claims import QUANTITIES, Claim
from archdsl.paper.reproduce import Figure, Result, Verdict
from archdsl.paper.suite import Suite

WIDTH = 80
Outcome = Result | Claim
NAMES = {"parameters": "parameters", "gflops": "FLOPs"}
"""Keys of figures, and what tables call them."""
PLURALS = {
    Verdict.EXACT: "exact to the printed digits",
    Verdict.WITHIN: "within a tolerance",
    Verdict.MISPRINT: "known misprints",
    Verdict.NO_ARCHITECTURE: "not an architecture",
    Verdict.FAILS: "failing",
}


class Notes:
    """Remarks under a table, each once, with the numbers by which rows refer to them."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def refer(self, texts: Iterable[str]) -> str:
        """The numbers of remarks, which are added where they are new."""
        texts = list(texts)
        self.texts += [text for text in dict.fromkeys(texts) if text not in self.texts]
        return ",".join(str(self.texts.index(text) + 1) for text in texts)


def remarks(result: Result) -> list[str]:
    """What there is to say of a row."""
    row = result.row
    found = [f"counts {row.counts}"] if row.counts else []
    found += [f"tuned: {row.tuned}"] if row.tuned else []
    if row.misprint:
        counted = f"; that one counts {result.meant:,}" if result.meant is not None else ""
        found.append(f"known misprint: {row.misprint.why}{counted}")
    found += [row.note] if row.note else []
    return found + [f"fails: {problem.message}" for problem in result.problems]


def verdict_of(result: Result, figure: Figure) -> Verdict:
    """What became of one figure of a row."""
    if result.verdict in {Verdict.MISPRINT, Verdict.FAILS} and result.row.misprint:
        return result.verdict
    if figure.how:
        return Verdict.EXACT
    return Verdict.WITHIN if abs(figure.off) <= result.allowed else Verdict.FAILS


def within(figure: Figure) -> str:
    """By how much a figure is off, rounded up: `1.3%`."""
    return f"{ceil(abs(figure.off) * 1000) / 10}%"


def says(result: Result, figure: Figure | None) -> str:
    """The verdict on a figure, in full."""
    verdict = verdict_of(result, figure) if figure else result.verdict
    match verdict:
        case Verdict.EXACT if figure:
            return f"exact to the printed digits ({figure.how})"
        case Verdict.WITHIN if figure:
            return f"within {within(figure)}"
        case Verdict.MISPRINT:
            return "known misprint"
        case Verdict.NO_ARCHITECTURE:
            return "not an architecture"
    return "fails"


def summary(outcomes: Sequence[Outcome], total: int) -> str:
    """One line: how many of what."""
    if len(outcomes) < total:
        return f"{len(outcomes)} of {total} done"
    rows = [outcome for outcome in outcomes if isinstance(outcome, Result)]
    claims = [outcome for outcome in outcomes if isinstance(outcome, Claim)]
    counts = Counter(row.verdict for row in rows)
    parts = [f"{counts[verdict]} {words}" for verdict, words in PLURALS.items() if counts[verdict]]
    said = [f"{len(rows)} rows: {', '.join(parts)}"] if rows else []
    if claims:
        said.append(f"{len(claims)} claims: {sum(claim.holds for claim in claims)} hold")
    return "; ".join(said)


def figures(result: Result) -> list[tuple[str, str, Figure | None]]:
    """The printed figures of a row: what it is called, as printed, and the count beside it."""
    printed = {"parameters": result.row.parameters, "gflops": result.row.gflops}
    return [
        (NAMES[name], text, result.figures.get(name)) for name, text in printed.items() if text
    ]


def text(suite: Suite, outcomes: Sequence[Outcome]) -> str:
    """A suite for a terminal."""
    words, notes = suite.words, Notes()
    rows = [outcome for outcome in outcomes if isinstance(outcome, Result)]
    claims = [outcome for outcome in outcomes if isinstance(outcome, Claim)]
    parts = [fill(f"{words.name}: {words.title} ({words.source})", WIDTH)]
    parts += [_rows(rows, notes)] if rows else []
    parts += [_claims(claims, notes)] if claims else []
    parts += [_notes(notes)] if notes.texts else []
    parts.append(summary(outcomes, len(words.rows) + len(words.claims)))
    return "\n\n".join(parts) + "\n"


def _notes(notes: Notes) -> str:
    return "\n".join(
        fill(f"{number:>2}  {note}", WIDTH, subsequent_indent="    ")
        for number, note in enumerate(notes.texts, 1)
    )


def _rows(results: Sequence[Result], notes: Notes) -> str:
    lines = [("network", "printed", "computed", "ratio", "verdict", "notes")]
    for result in results:
        label, marks = result.row.label, notes.refer(remarks(result))
        for name, printed, figure in figures(result):
            name = label if name == "parameters" else f"  {name}"
            lines.append((name, printed, *_counted(figure), _short(result, figure), marks))
            marks = ""
    return aligned(lines, "<>>><<")


def _counted(figure: Figure | None) -> tuple[str, str]:
    if figure is None:
        return "", ""
    return f"{figure.computed:,}", f"{float(figure.off) + 1:.4f}"


def _short(result: Result, figure: Figure | None) -> str:
    """The verdict in the few letters that a terminal has room for."""
    said = says(result, figure)
    if figure and said.startswith("exact"):
        return "exact" if figure.how == "rounded or cut" else f"exact, {figure.how}"
    return {"known misprint": "misprint", "not an architecture": "none", "fails": "FAILS"}.get(
        said, said
    )


def _claims(claims: Sequence[Claim], notes: Notes) -> str:
    lines = [("network", "paper", "counted", "first", "last", "notes")]
    for claim in claims:
        said = [claim.words.note] if claim.words.note else []
        said += [f"fails: {problem.message}" for problem in claim.problems]
        lines.append((claim.words.label, "", "", "", "", notes.refer(said)))
        for name in QUANTITIES:
            values = claim.values[name] if claim.values else ()
            ends = (f"{values[0]:,}", f"{values[-1]:,}") if values else ("", "")
            shown = claim.shows(name) or "FAILS"
            quantity = "  " + name.replace("_", " ")
            lines.append((quantity, getattr(claim.words, name), shown, *ends, ""))
    return aligned(lines, "<<<>><")


def aligned(rows: Sequence[tuple[str, ...]], sides: str) -> str:
    """Rows with their columns under each other; the first column gets the room that is left."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(sides))]
    room = WIDTH - sum(widths[1:]) - 2 * (len(sides) - 1)
    widths[0] = max(10, min(widths[0], room))
    lines = []
    for first, *rest in rows:
        indent = len(first) - len(first.lstrip())
        cells = [" " * indent + shorten(first, widths[0] - indent, placeholder="..."), *rest]
        lines.append(
            "  ".join(
                f"{cell:{side}{width}}"
                for cell, side, width in zip(cells, sides, widths, strict=True)
            ).rstrip()
        )
    return "\n".join(lines)
