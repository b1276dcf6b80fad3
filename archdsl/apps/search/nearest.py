"""The whole number at which a function comes nearest to a goal, in few evaluations.

By doubling and bisection; what was seen on the way is then looked at, and where it does not rise or
fall throughout, a bounded scan takes their place. Knows nothing of networks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import inf

MOST = 100
"""The most evaluations."""
KEPT = 12
"""Of these, kept for looking around what was found."""
PROBES = 6
"""Places inside a bracket that are evaluated only to see whether values rise."""
SAME = 3
"""Doublings without any change after which none is expected."""
FLAT = 1_024
"""How far equal values are followed."""

Function = Callable[[int], float | None]
"""A value for a number from 1; endless if it is too large to know, None if there is none."""


@dataclass(frozen=True, slots=True)
class Flat:
    """A value, and the first and last number known to have it."""

    first: int
    last: int
    value: int


@dataclass(frozen=True, slots=True)
class Found:
    """The nearest value, and the next other ones beside it.

    `monotone`: whether values rise, or fall, wherever they were looked at. `tried` is the range
    that was searched; `whole` says that all of it was looked at, or need not be.
    """

    nearest: Flat
    below: Flat | None
    above: Flat | None
    evaluations: int
    monotone: bool
    tried: tuple[int, int]
    whole: bool = True


class UnreachedError(Exception):
    """All values are on one side of the goal. `known` are those that were found, by number."""

    def __init__(self, known: dict[int, int]) -> None:
        self.known = known
        super().__init__("the goal is outside of all values")


class _SpentError(Exception):
    """There are no evaluations left."""


class _UnevenError(Exception):
    """The values are not such that bisection finds the nearest."""


def nearest(function: Function, start: int, goal: int, most: int = MOST) -> Found:
    """Look for the goal from a number that has a value. Raises UnreachedError.

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
    found = values.flat(best)
    assert found is not None
    below, above = values.beside(found, -1), values.beside(found, 1)
    tried = (min(values.known), max(values.known))
    return Found(found, below, above, len(values.known), values.even, tried, whole)


class _Values:
    """What is known of a function."""

    def __init__(self, function: Function, goal: int, most: int) -> None:
        self.function, self.goal, self.left = function, goal, most - KEPT
        self.known: dict[int, float | None] = {}
        self.even = True

    def at(self, number: int) -> float | None:
        """The value at a number, looked up once. Raises _SpentError."""
        if number < 1:
            return None
        if number not in self.known:
            if len(self.known) >= self.left:
                raise _SpentError
            self.known[number] = self.function(number)
        return self.known[number]

    def try_all(self, numbers: Iterable[int]) -> None:
        """Look up as many as there are evaluations for."""
        for number in numbers:
            if len(self.known) < self.left:
                self.at(number)

    def finite(self) -> dict[int, int]:
        """The values that there are, by number, in order."""
        known = sorted(self.known.items())
        return {n: int(value) for n, value in known if value is not None and value != inf}

    def best(self) -> int:
        """The number whose value is nearest; the smallest of those that are equally near."""
        return min(self.finite().items(), key=lambda item: (abs(item[1] - self.goal), item[0]))[0]

    def rises(self) -> bool:
        """Whether values rise or fall. Raises _UnevenError if they do both."""
        steps = [after - before for before, after in pairwise(self.finite().values())]
        if any(step > 0 for step in steps) and any(step < 0 for step in steps):
            raise _UnevenError
        return not any(step < 0 for step in steps)

    def beyond(self, number: int) -> bool:
        """Whether a value is at least the goal. Raises _UnevenError if there is none."""
        value = self.at(number)
        if value is None:
            raise _UnevenError
        return value >= self.goal

    def flat(self, number: int) -> Flat | None:
        """A number with those around it that have the same value."""
        value = self.known.get(number) if len(self.known) >= self.left else self.at(number)
        if value is None or value == inf:
            return None
        return Flat(self.end(number, -1), self.end(number, 1), int(value))

    def beside(self, flat: Flat, step: int) -> Flat | None:
        """The next other value in a direction; where values are uneven, the next one known."""
        if self.even:
            return self.flat((flat.first if step < 0 else flat.last) + step)
        others = [n for n, value in self.finite().items() if value != flat.value]
        there = sorted(n for n in others if (n - flat.first) * step > 0)
        return self.flat(there[-1 if step < 0 else 0]) if there else None

    def end(self, number: int, step: int) -> int:
        """The farthest number in a direction that is known to have the same value."""
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
    """The nearest number if values are monotone. Raises any of the three errors above."""
    values.try_all((start, 2 * start, start // 2))
    inside, outside = _bracket(values, start, values.rises())
    low, high = sorted((inside, outside))
    for place in range(1, PROBES + 1):
        values.beyond(low + (high - low) * place // (PROBES + 1))
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
    """Two numbers with the goal between their values. Raises any of the three errors above."""
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
    """The last number that has a value, before those that have none."""
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        if values.at(middle) is None:
            outside = middle
        else:
            inside = middle
    return inside


def _scanned(values: _Values) -> tuple[int, bool]:
    """The nearest of as many numbers as may be looked at, and whether that is all of them."""
    numbers = range(min(values.known), max(values.known) + 1)
    left = values.left - len(values.known)
    whole = len(numbers) <= left + len(values.known)
    values.try_all(numbers if whole else numbers[:: len(numbers) // max(1, left // 2) + 1])
    if not values.finite():
        raise UnreachedError({})
    best = values.best()
    around = (values.left - len(values.known)) // 2
    values.try_all(range(max(1, best - around), best + around + 1))
    found = values.finite()
    if not min(found.values()) <= values.goal <= max(found.values()):
        raise UnreachedError(found)
    return values.best(), whole
