"""Find the integer at which a function is nearest to a goal, in few evaluations.

The search uses doubling and bisection. If the values that it evaluates do not all rise, or all
fall, it scans a bounded number of integers instead. It does not depend on networks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import inf

MOST = 100
"""Maximum number of evaluations."""
KEPT = 12
"""Evaluations that are reserved for the neighbours of the result."""
PROBES = 6
"""Numbers inside a bracket that are evaluated only to check whether values rise."""
SAME = 3
"""Doublings without a change of the value after which no change is expected."""
FLAT = 1_024
"""Maximum distance at which equal values are searched."""

Function = Callable[[int], float | None]
"""A value for a number from 1; infinite if it is too large to count, None if there is none."""


@dataclass(frozen=True, slots=True)
class Flat:
    """A value, and the first and last number that is known to have it."""

    first: int
    last: int
    value: int


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


class _SpentError(Exception):
    """The maximum number of evaluations is reached."""


class _UnevenError(Exception):
    """The values are not monotone, so bisection does not find the nearest one."""


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
    values = _Values(function, goal, most)
    whole = True
    try:
        best = _bisected(values, start)
    except (_UnevenError, _SpentError):
        best, whole = _scanned(values)
        values.even = False
    values.left = most
    best_flat = values.flat(best)
    assert best_flat is not None
    below, above = values.beside(best_flat, -1), values.beside(best_flat, 1)
    tried = (min(values.evaluated), max(values.evaluated))
    return Found(best_flat, below, above, len(values.evaluated), values.even, tried, whole)


class _Values:
    """The values of a function that were evaluated, by number."""

    def __init__(self, function: Function, goal: int, most: int) -> None:
        self.function, self.goal, self.left = function, goal, most - KEPT
        self.evaluated: dict[int, float | None] = {}
        self.even = True

    def at(self, number: int) -> float | None:
        """Return the value at a number, evaluated once. Raise _SpentError."""
        if number < 1:
            return None
        if number not in self.evaluated:
            if len(self.evaluated) >= self.left:
                raise _SpentError
            self.evaluated[number] = self.function(number)
        return self.evaluated[number]

    def try_all(self, numbers: Iterable[int]) -> None:
        """Evaluate numbers in order, while evaluations are left."""
        for number in numbers:
            if len(self.evaluated) < self.left:
                self.at(number)

    def finite(self) -> dict[int, int]:
        """Return the finite values by number, in order."""
        ordered = sorted(self.evaluated.items())
        return {n: int(value) for n, value in ordered if value is not None and value != inf}

    def best(self) -> int:
        """Return the number whose value is nearest; the smallest of those that are equally near."""
        return min(self.finite().items(), key=lambda item: (abs(item[1] - self.goal), item[0]))[0]

    def rises(self) -> bool:
        """Return True if values rise, False if they fall. Raise _UnevenError if they do both."""
        steps = [after - before for before, after in pairwise(self.finite().values())]
        if any(step > 0 for step in steps) and any(step < 0 for step in steps):
            raise _UnevenError
        return not any(step < 0 for step in steps)

    def beyond(self, number: int) -> bool:
        """Return whether a value is at least the goal. Raise _UnevenError if there is no value."""
        value = self.at(number)
        if value is None:
            raise _UnevenError
        return value >= self.goal

    def flat(self, number: int) -> Flat | None:
        """Return a number with its neighbours that have the same value; None if it has no value."""
        spent = len(self.evaluated) >= self.left
        value = self.evaluated.get(number) if spent else self.at(number)
        if value is None or value == inf:
            return None
        return Flat(self.end(number, -1), self.end(number, 1), int(value))

    def beside(self, flat: Flat, step: int) -> Flat | None:
        """Return the next different value in a direction, evaluated already if they are uneven."""
        if self.even:
            return self.flat((flat.first if step < 0 else flat.last) + step)
        others = [n for n, value in self.finite().items() if value != flat.value]
        there = sorted(n for n in others if (n - flat.first) * step > 0)
        return self.flat(there[-1 if step < 0 else 0]) if there else None

    def end(self, number: int, step: int) -> int:
        """Return the farthest number in a direction that is known to have the same value."""
        if not self.even:
            return number
        value, same, reach = self.at(number), 0, 1
        try:
            while reach <= FLAT and self.at(number + step * reach) == value:
                same, reach = reach, 2 * reach
            while reach <= FLAT and reach - same > 1:
                middle = (same + reach) // 2
                if self.at(number + step * middle) == value:
                    same = middle
                else:
                    reach = middle
        except _SpentError:
            pass
        return number + step * same


def _bisected(values: _Values, start: int) -> int:
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


def _bracket(values: _Values, start: int, rises: bool) -> tuple[int, int]:
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


def _edge(values: _Values, inside: int, outside: int) -> int:
    """Return the last number that has a value, before those that have none."""
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        if values.at(middle) is None:
            outside = middle
        else:
            inside = middle
    return inside


def _scanned(values: _Values) -> tuple[int, bool]:
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
