"""How a count grows with N: the class whose curve lies nearest to it.

A class is its leading function of N, positive, with the slower terms that a network always has
beside it: what every layer costs whatever it reads (N beside N log N and N^2), and a constant.
Coefficients are those of least squares over relative residuals, so that every depth weighs the
same; only the deeper half of the depths is fitted, where the slower terms matter least.
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
    """2^N, over that of the deepest N, or no float would hold it."""
    return Fraction(1, 2 ** (last - n))


CLASSES: Mapping[str, Terms] = {
    "1": (_constant,),
    "log N": (_log, _constant),
    "N": (_linear, _constant),
    "N log N": (_linear_log, _linear, _constant),
    "N^2": (_square, _linear, _constant),
    "2^N": (_exponential, _constant),
}
"""The classes, slowest first, each with its leading term before the others."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A class with the largest of its relative residuals |fit - count| / count, over `points`."""

    name: str
    residual: float
    points: int


def deeper_half(depths: Sequence[int]) -> Sequence[int]:
    """The depths that are fitted: the larger half, at least `FEWEST` of them if there are."""
    return sorted(depths)[-max(FEWEST, -(-len(depths) // 2)) :]


def growth(known: Mapping[int, Number]) -> Growth | None:
    """The class of a count by N; None with fewer than `FEWEST` depths.

    Among the constant and the classes whose leading term has its `LEAST_SHARE` it is the one whose
    worst relative residual is the smallest; of those that are as good, the slowest.
    """
    depths = deeper_half(list(known))
    if len(depths) < FEWEST:
        return None
    values = [known[depth] for depth in depths]
    found = [
        Growth(name, residual, len(depths))
        for name, terms in CLASSES.items()
        for share, residual in [_fit(terms, depths, values)]
        if share >= LEAST_SHARE or name == "1"
    ]
    return min(found, key=lambda growth: round(growth.residual, 9), default=None)


def _fit(terms: Terms, depths: Sequence[int], values: Sequence[Number]) -> tuple[float, float]:
    """The leading term's share of the deepest value, and the worst relative residual.

    What the slower terms leave of the leading one then has its coefficient alone.
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
    """An orthonormal basis of the columns in order; zeros for one that depends on the others."""
    basis: list[list[float]] = []
    for column in columns:
        size = sqrt(_dot(column, column))
        rest = [entry / size for entry in column] if size else column
        for direction in basis * 2:  # twice, or rounding leaves parts of the others
            rest = _without(rest, direction)
        left = sqrt(_dot(rest, rest))
        basis.append([entry / left for entry in rest] if left > 1e-10 else [0.0] * len(rest))
    return basis


def _without(vector: Sequence[float], direction: Sequence[float]) -> list[float]:
    part = _dot(vector, direction)
    return [entry - part * other for entry, other in zip(vector, direction, strict=True)]


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
