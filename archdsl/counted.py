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
    return f"{number:,} {inflected(number, noun, plural)}"


def inflected(number: int | str, noun: str, plural: str = "") -> str:
    """Return a noun in the form that belongs to a number.

    Emitted code has numbers as texts, such as `1` or the name of an argument. A name is plural.

    Args:
        number: how many, as a number or as a text.
        noun: the noun in the singular.
        plural: its plural, if that is not the noun with an s.

    >>> inflected("1", "group"), inflected("groups", "group")
    ('group', 'groups')
    """
    return noun if str(number) == "1" else plural or f"{noun}s"
