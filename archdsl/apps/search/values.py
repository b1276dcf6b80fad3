"""The values of a function on whole numbers, each evaluated once and only up to a maximum."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import inf

KEPT = 12
"""Evaluations that are reserved for the neighbours of the result."""
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


class SpentError(Exception):
    """The maximum number of evaluations is reached."""


class UnevenError(Exception):
    """The values are not monotone, so bisection does not find the nearest one."""


class Values:
    """The values of a function that were evaluated, by number."""

    def __init__(self, function: Function, goal: int, most: int) -> None:
        self.function, self.goal, self.left = function, goal, most - KEPT
        self.evaluated: dict[int, float | None] = {}
        self.even = True

    def at(self, number: int) -> float | None:
        """Return the value at a number, evaluated once. Raise SpentError."""
        if number < 1:
            return None
        if number not in self.evaluated:
            if len(self.evaluated) >= self.left:
                raise SpentError
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
        """Return True if values rise, False if they fall. Raise UnevenError if they do both."""
        steps = [after - before for before, after in pairwise(self.finite().values())]
        if any(step > 0 for step in steps) and any(step < 0 for step in steps):
            raise UnevenError
        return not any(step < 0 for step in steps)

    def beyond(self, number: int) -> bool:
        """Return whether a value is at least the goal. Raise UnevenError if there is no value."""
        value = self.at(number)
        if value is None:
            raise UnevenError
        return value >= self.goal

    def flat(self, number: int) -> Flat | None:
        """Return a number with its neighbours that have the same value; None if it has no value."""
        spent = len(self.evaluated) >= self.left
        value = self.evaluated.get(number) if spent else self.at(number)
        if value is None or value == inf:
            return None
        return Flat(self.end(number, -1), self.end(number, 1), int(value))

    def beside(self, flat: Flat, step: int) -> Flat | None:
        """Return the next different value in a direction; None if there is none.

        If values are uneven, only those that are evaluated already are searched.

        Args:
            flat: a value with the numbers that have it.
            step: -1 for smaller numbers, 1 for larger ones.
        """
        if self.even:
            return self.flat((flat.first if step < 0 else flat.last) + step)
        others = [n for n, value in self.finite().items() if value != flat.value]
        there = sorted(n for n in others if (n - flat.first) * step > 0)
        return self.flat(there[-1 if step < 0 else 0]) if there else None

    def end(self, number: int, step: int) -> int:
        """Return the farthest number in a direction that is known to have the same value.

        The search doubles its steps, and ends at a distance of `FLAT` or when no evaluations are
        left.

        Args:
            number: a number that has a value.
            step: -1 for smaller numbers, 1 for larger ones.
        """
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
        except SpentError:
            pass
        return number + step * same
