"""Figure 2 of Zhu et al. 2018: errors by parameters, as the shipped suites quote them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archdsl.apps.compare.model import Comparison
from archdsl.apps.reproduce.printed import read_printed
from archdsl.apps.reproduce.shipped import suites
from archdsl.apps.reproduce.suite import RowWords, read_suite

DATA = ("c100", "imagenet")


@dataclass(frozen=True, slots=True)
class Point:
    """A network: its parameters, printed or counted if it is `ours`, and its error in percent.

    `doubt`: whether the printed parameters are a known misprint.
    """

    label: str
    family: str
    data: str
    parameters: float
    error: float
    doubt: bool = False
    ours: bool = False


def points(comparison: Comparison) -> list[Point]:
    """Return all printed networks, and those of a comparison that have printed errors."""
    printed = [point for words in _rows() for point in _printed(words)]
    ours = [
        Point(row.label, "", data, row.report.parameters, _percent(error), ours=True)
        for row in comparison.rows
        for data in DATA
        if (error := row.error(data))
    ]
    return [*printed, *ours]


def _rows() -> Iterator[RowWords]:
    for path in suites():
        yield from read_suite(path).words.rows


def _printed(words: RowWords) -> Iterator[Point]:
    family = next((name for name in ("DenseNet", "SparseNet") if words.label.startswith(name)), "")
    for data in DATA:
        error = getattr(words.errors, data)
        if error:
            count = float(read_printed(words.parameters).value)
            yield Point(
                words.label, family or "others", data, count, _percent(error),
                doubt=words.misprint is not None,
            )  # fmt: skip


def _percent(error: str) -> float:
    return float(error.rstrip("*"))
