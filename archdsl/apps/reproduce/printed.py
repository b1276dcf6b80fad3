"""Read figures as papers print them, such as `7.2M`, and compare counts with them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from archdsl.errors import fail
from archdsl.expect import PRINTED, SCALES


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed figure: its value, and the value of one in its last digit."""

    text: str
    value: Fraction
    unit: Fraction

    @property
    def interval(self) -> tuple[int, int]:
        """Return the smallest and largest count that print as the figure, rounded or truncated."""
        return ceil(self.value - self.unit / 2), ceil(self.value + self.unit) - 1

    def how(self, count: int) -> str | None:
        """Return how a count prints as the figure, or None if it does not.

        The result is `rounded`, `cut` (truncated) or `rounded or cut`.

        >>> read_printed("7.2M").how(7_189_468), read_printed("117M").how(117_554_668)
        ('rounded', 'cut')
        """
        rounded = abs(count - self.value) <= self.unit / 2
        cut = self.value <= count < self.value + self.unit
        return " or ".join(["rounded"] * rounded + ["cut"] * cut) or None

    def off(self, count: int) -> Fraction:
        """Return the relative difference of a count from the figure, negative if it is smaller."""
        return count / self.value - 1


def read_printed(text: str) -> Printed:
    """Return the figure that a text prints. Raise A106 if it is not a figure."""
    match = PRINTED.match(text)
    if not match or not Fraction(match[1]):
        raise fail("A106", f"`{text[:40]}` is not a figure", help="write it as printed: 7.2M")
    scale = SCALES[match[2]]
    unit = Fraction(scale, 10 ** len(match[1].partition(".")[2]))
    if unit < 1:
        raise fail("A106", f"`{text[:40]}` is finer than one", help="write it as printed: 7.2M")
    return Printed(text, Fraction(match[1]) * scale, unit)
