"""Find the integer at which a function is nearest to a goal, in few evaluations.

The search uses doubling and bisection. If the values that it evaluates do not all rise, or all
fall, it scans a bounded number of integers instead. It does not depend on networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from archdsl.apps.search.values import Flat, Function, SpentError, UnevenError, Values

MOST = 100
"""Maximum number of evaluations."""
PROBES = 6
"""Numbers inside a bracket that are evaluated only to check whether values rise."""
SAME = 3
"""Doublings without a change of the value after which no change is expected."""


@dataclass(frozen=True, slots=True)
class Found:
    """The nearest value, and the next different values on both sides.

    `below` is at smaller numbers, `above` at larger ones. `monotone`: whether all evaluated values
    rise, or all fall. `tried` is the range of numbers that was searched; `whole`: whether no number
    in this range can be nearer.
    """

    nearest: Flat
    below: Flat | None
    above: Flat | None
    evaluations: int
    monotone: bool
    tried: tuple[int, int]
    whole: bool = True


class UnreachedError(Exception):
    """All values are on one side of the goal. `values` are those that were evaluated, by number."""

    def __init__(self, values: dict[int, int]) -> None:
        self.values = values
        super().__init__("the goal is outside of all values")


def nearest(function: Function, start: int, goal: int, most: int = MOST) -> Found:
    """Find the number whose value is nearest to a goal.

    Args:
        function: the value of a number from 1.
        start: a number that has a value.
        goal: the value to search for.
        most: the maximum number of evaluations.

    Raises:
        UnreachedError: if all values are on one side of the goal.

    >>> found = nearest(lambda n: n * n, 3, 150)
    >>> found.nearest, found.above
    (Flat(first=12, last=12, value=144), Flat(first=13, last=13, value=169))
    """
    values = Values(function, goal, most)
    whole = True
    try:
        best = _bisected(values, start)
    except (UnevenError, SpentError):
        best, whole = _scanned(values)
        values.even = False
    values.left = most
    best_flat = values.flat(best)
    assert best_flat is not None
    below, above = values.beside(best_flat, -1), values.beside(best_flat, 1)
    tried = (min(values.evaluated), max(values.evaluated))
    return Found(best_flat, below, above, len(values.evaluated), values.even, tried, whole)


def _bisected(values: Values, start: int) -> int:
    """Return the nearest number if values are monotone. Raise one of the three errors above."""
    values.try_all((start, 2 * start, start // 2))
    inside, outside = _bracket(values, start, values.rises())
    low, high = sorted((inside, outside))
    for probe in range(1, PROBES + 1):
        values.beyond(low + (high - low) * probe // (PROBES + 1))
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        if values.beyond(middle) == values.beyond(outside):
            outside = middle
        else:
            inside = middle
    values.try_all(range(inside - 2, inside + 3))
    values.rises()
    return values.best()


def _bracket(values: Values, start: int, rises: bool) -> tuple[int, int]:
    """Return two numbers with the goal between their values. Raise one of the errors above."""
    upwards = values.beyond(start) != rises
    inside, same = start, 0
    while same < SAME:
        outside = 2 * inside if upwards else inside // 2
        if values.at(outside) is None:
            outside = _edge(values, inside, outside)
        if outside == inside:
            break
        if values.beyond(outside) != values.beyond(start):
            return inside, outside
        same = same + 1 if values.at(outside) == values.at(inside) != inf else 0
        inside = outside
    if values.at(inside) == values.goal:
        return inside, inside
    values.rises()
    raise UnreachedError(values.finite())


def _edge(values: Values, inside: int, outside: int) -> int:
    """Return the last number that has a value, before those that have none."""
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        if values.at(middle) is None:
            outside = middle
        else:
            inside = middle
    return inside


def _scanned(values: Values) -> tuple[int, bool]:
    """Return the nearest of the numbers that can be evaluated, and whether these are all."""
    numbers = range(min(values.evaluated), max(values.evaluated) + 1)
    left = values.left - len(values.evaluated)
    whole = len(numbers) <= left + len(values.evaluated)
    values.try_all(numbers if whole else numbers[:: len(numbers) // max(1, left // 2) + 1])
    if not values.finite():
        raise UnreachedError({})
    best = values.best()
    around = (values.left - len(values.evaluated)) // 2
    values.try_all(range(max(1, best - around), best + around + 1))
    finite = values.finite()
    if not min(finite.values()) <= values.goal <= max(finite.values()):
        raise UnreachedError(finite)
    return values.best(), whole
