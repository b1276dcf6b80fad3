"""The mean of a quantity over the runs of a group, and how much it varies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean, stdev

from archdsl.counted import counted


@dataclass(frozen=True, slots=True)
class Spread:
    """Values of one quantity. `deviation` is the sample standard deviation, None for one value."""

    values: tuple[float, ...]
    mean: float
    deviation: float | None

    def text(self, noun: str) -> str:
        """Return mean and standard deviation, such as `5.31 ± 0.12 (3 seeds)`, or one value.

        Args:
            noun: what the values differ in, in the singular.
        """
        if self.deviation is None:
            return f"{self.mean:.2f}"
        return f"{self.mean:.2f} ± {self.deviation:.2f} ({counted(len(self.values), noun)})"


def spread(values: Iterable[float | None]) -> Spread | None:
    """Return the spread of the values that are known; None if there are none.

    >>> spread([5.0, None, 6.0, 7.0]).text("seed")
    '6.00 ± 1.00 (3 seeds)'
    """
    numbers = tuple(float(value) for value in values if value is not None)
    if not numbers:
        return None
    return Spread(numbers, mean(numbers), stdev(numbers) if len(numbers) > 1 else None)
