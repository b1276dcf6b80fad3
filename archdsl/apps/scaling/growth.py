"""Fit growth classes to counts by N.

A class is a leading function of N with a positive coefficient, and the slower terms that a network
also has: a cost per layer (N in addition to N log N and N^2), and a constant. Coefficients are
those of least squares over relative residuals, so that every depth has the same weight. Only the
larger half of the depths is fitted, where the slower terms matter least.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log2, sqrt

Number = int | Fraction
Term = Callable[[int, int], Number]
Terms = tuple[Term, ...]

FEWEST = 4
"""Depths below which nothing is fitted: the largest classes have three coefficients."""

LEAST_SHARE = 0.1
"""The share of the deepest count that a leading term must have, or it does not lead."""


def _constant(n: int, last: int) -> Number:
    return 1


def _log(n: int, last: int) -> Number:
    return Fraction(log2(n))


def _linear(n: int, last: int) -> Number:
    return n


def _linear_log(n: int, last: int) -> Number:
    return n * Fraction(log2(n))


def _square(n: int, last: int) -> Number:
    return n * n


def _exponential(n: int, last: int) -> Number:
    """Return 2^N divided by 2^N at the largest depth, as 2^N exceeds the range of floats."""
    return Fraction(1, 2 ** (last - n))


CLASSES: Mapping[str, Terms] = {
    "1": (_constant,),
    "log N": (_log, _constant),
    "N": (_linear, _constant),
    "N log N": (_linear_log, _linear, _constant),
    "N^2": (_square, _linear, _constant),
    "2^N": (_exponential, _constant),
}
"""Class to its terms, the leading one first; the slowest class first."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A class with the largest of its relative residuals |fit - count| / count, over `points`."""

    name: str
    residual: float
    points: int


def deeper_half(depths: Sequence[int]) -> Sequence[int]:
    """Return the depths that are fitted: the larger half, but at least `FEWEST` if there are."""
    return sorted(depths)[-max(FEWEST, -(-len(depths) // 2)) :]


def growth(counts: Mapping[int, Number]) -> Growth | None:
    """Return the growth class of counts by N; None with fewer than `FEWEST` depths.

    Candidates are the constant, and the classes whose leading term has at least `LEAST_SHARE` of
    the last count. The one with the smallest worst relative residual is returned; if several are
    equally good, the slowest.
    """
    depths = deeper_half(list(counts))
    if len(depths) < FEWEST:
        return None
    values = [counts[depth] for depth in depths]
    fits = [
        Growth(name, residual, len(depths))
        for name, terms in CLASSES.items()
        for share, residual in [_fit(terms, depths, values)]
        if share >= LEAST_SHARE or name == "1"
    ]
    return min(fits, key=lambda growth: round(growth.residual, 9), default=None)


def _fit(terms: Terms, depths: Sequence[int], values: Sequence[Number]) -> tuple[float, float]:
    """Fit one class by least squares.

    The slower terms are projected out first, so the remaining direction of the leading term
    determines its coefficient.

    Args:
        terms: the leading term of the class, then the slower ones.
        depths: the depths that are fitted.
        values: the counts at these depths.

    Returns:
        The share of the leading term in the last count, and the worst relative residual.
    """
    leading, *slower = (_column(term, depths, values) for term in terms)
    *before, direction = _orthonormal([*slower, leading])
    rest = [float(bool(value)) for value in values]
    for other in before:
        rest = _without(rest, other)
    coefficient = _dot(rest, direction) / (_dot(leading, direction) or 1.0)
    return coefficient * leading[-1], max(map(abs, _without(rest, direction)))


def _column(term: Term, depths: Sequence[int], values: Sequence[Number]) -> list[float]:
    """Return a term divided by the count at each depth, scaled because 2^16384 exceeds floats."""
    exact = [
        Fraction(term(depth, depths[-1])) / (value or 1)
        for depth, value in zip(depths, values, strict=True)
    ]
    most = max(map(abs, exact)) or 1
    return [float(entry / most) for entry in exact]


def _orthonormal(columns: Sequence[list[float]]) -> list[list[float]]:
    """Return an orthonormal basis of the columns; zeros for one that depends on those before it."""
    basis: list[list[float]] = []
    for column in columns:
        size = sqrt(_dot(column, column))
        rest = [entry / size for entry in column] if size else column
        for direction in basis * 2:  # twice, as rounding errors leave parts of the others
            rest = _without(rest, direction)
        left = sqrt(_dot(rest, rest))
        basis.append([entry / left for entry in rest] if left > 1e-10 else [0.0] * len(rest))
    return basis


def _without(vector: Sequence[float], direction: Sequence[float]) -> list[float]:
    part = _dot(vector, direction)
    return [entry - part * other for entry, other in zip(vector, direction, strict=True)]


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
