"""Numbers with their nouns, for every text with a count."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with a noun: `1 link`, `1,081 links`.

    Args:
        number: how many.
        noun: the noun in the singular.
        plural: its plural, if that is not the noun with an s.

    >>> counted(1, "branch", "branches"), counted(2, "branch", "branches")
    ('1 branch', '2 branches')
    """
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
