"""Figures as papers print them, `7.2M`, and whether a count prints so."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from archdsl.errors import fail
from archdsl.expect import PRINTED, SCALES


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed figure: its value, and what one more in its last digit is worth."""

    text: str
    value: Fraction
    unit: Fraction

    @property
    def interval(self) -> tuple[int, int]:
        """The smallest and the largest count that print so, rounded or cut."""
        return ceil(self.value - self.unit / 2), ceil(self.value + self.unit) - 1

    def how(self, count: int) -> str | None:
        """How a count prints so: `rounded`, `cut` or `rounded or cut`; None if it does not.

        >>> read_printed("7.2M").how(7_189_468), read_printed("117M").how(117_554_668)
        ('rounded', 'cut')
        """
        rounded = abs(count - self.value) <= self.unit / 2
        cut = self.value <= count < self.value + self.unit
        return " or ".join(["rounded"] * rounded + ["cut"] * cut) or None

    def off(self, count: int) -> Fraction:
        """By what share of the figure a count differs from it; below zero if it is smaller."""
        return count / self.value - 1


def read_printed(text: str) -> Printed:
    """Read a figure. Raises ArchdslError (A106)."""
    match = PRINTED.match(text)
    if not match or not Fraction(match[1]):
        raise fail("A106", f"`{text[:40]}` is not a figure", help="write it as printed: 7.2M")
    scale = SCALES[match[2]]
    unit = Fraction(scale, 10 ** len(match[1].partition(".")[2]))
    if unit < 1:
        raise fail("A106", f"`{text[:40]}` is finer than one", help="write it as printed: 7.2M")
    return Printed(text, Fraction(match[1]) * scale, unit)
