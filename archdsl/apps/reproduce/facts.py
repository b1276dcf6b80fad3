"""Outcomes of suites as plain dictionaries, ready for JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from archdsl.apps.reproduce.classes import QUANTITIES, Measured
from archdsl.apps.reproduce.printed import read_printed
from archdsl.apps.reproduce.reproduce import TOLERANCE, Result
from archdsl.apps.reproduce.suite import Suite
from archdsl.apps.reproduce.tables import Outcome, says
from archdsl.version import __version__


def facts(results: Sequence[tuple[Suite, Sequence[Outcome]]]) -> dict[str, Any]:
    """Return all outcomes of all suites; rows and claims contain the name of their suite."""
    outcomes = [outcome for _, some in results for outcome in some]
    return {
        "archdsl": __version__,
        "suites": [_suite(suite, some) for suite, some in results],
        "rows": [_row(outcome) for outcome in outcomes if isinstance(outcome, Result)],
        "claims": [_claim(outcome) for outcome in outcomes if isinstance(outcome, Measured)],
    }


def _suite(suite: Suite, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    words = suite.words
    verdicts = Counter(o.verdict.value for o in outcomes if isinstance(o, Result))
    return {
        "name": words.name,
        "title": words.title,
        "source": words.source,
        "rows": len(words.rows),
        "claims": len(words.claims),
        "verdicts": dict(sorted(verdicts.items())),
    }


def _row(result: Result) -> dict[str, Any]:
    row, misprint = result.row, result.row.misprint
    return {
        "suite": result.suite.words.name,
        "label": row.label,
        "source": row.source or result.suite.words.source,
        "spec": row.spec,
        "settings": row.settings,
        "sha256": result.sha256,
        "parameters": _figure(result, row.parameters, "parameters"),
        "gflops": _figure(result, row.gflops, "gflops") if row.gflops else None,
        "verdict": result.verdict.value,
        "tolerance": row.tolerance or TOLERANCE,
        "errors": row.errors.model_dump(exclude_none=True),
        "counts": row.counts,
        "tuned": row.tuned,
        "misprint": {**misprint.model_dump(), "counts": result.meant} if misprint else None,
        "note": row.note,
        "problems": [problem.as_dict() for problem in result.problems],
    }


def _figure(result: Result, text: str, name: str) -> dict[str, Any]:
    figure = result.figures.get(name)
    verdict = figure.verdict if figure else result.verdict
    return {
        "printed": text,
        "interval": list(read_printed(text).interval),
        "computed": figure.computed if figure else None,
        "ratio": round(float(figure.off) + 1, 6) if figure else None,
        "verdict": verdict.value,
        "how": figure.how if figure else None,
        "says": says(verdict, figure),
    }


def _claim(claim: Measured) -> dict[str, Any]:
    words = claim.words
    return {
        "suite": claim.suite.words.name,
        "label": words.label,
        "source": claim.suite.words.source,
        "spec": words.spec,
        "settings": words.settings,
        "depths": list(words.depths),
        **{name: _quantity(claim, name) for name in QUANTITIES},
        "verdict": "fails" if claim.problems else "holds",
        "note": words.note,
        "problems": [problem.as_dict() for problem in claim.problems],
    }


def _quantity(claim: Measured, name: str) -> Mapping[str, Any]:
    counts = claim.counts.get(name, ())
    return {
        "claimed": getattr(claim.words, name),
        "shown": claim.shows(name),
        "counts": list(counts),
    }
