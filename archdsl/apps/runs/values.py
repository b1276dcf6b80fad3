"""Numbers and texts from JSON of unknown origin: bounded, finite and printable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Value = int | float | bool | str | None
"""A setting of a recipe."""

MOST = 1e15
"""The largest number of any kind; larger ones are treated as missing."""

LONGEST = 200
"""The number of characters of a text that are kept."""


def parsed(content: bytes | str) -> Mapping[str, Any] | None:
    """Return the mapping that a JSON text holds; None if it holds none."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def number(values: Mapping[str, Any], name: str) -> float | None:
    """Return a finite number; None if it is missing, too large, or something else.

    Args:
        values: a mapping from JSON.
        name: the key of the number.
    """
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if -MOST <= value <= MOST else None  # NaN is in no range


def count(values: Mapping[str, Any], name: str) -> int | None:
    """Return a whole number from 0; None if it is missing or something else.

    Args:
        values: a mapping from JSON.
        name: the key of the number.
    """
    value = number(values, name)
    return int(value) if value is not None and value >= 0 and value == int(value) else None


def percentage(values: Mapping[str, Any], name: str) -> float | None:
    """Return a number from 0 to 100; None if it is missing or something else.

    Args:
        values: a mapping from JSON.
        name: the key of the number.
    """
    value = number(values, name)
    return value if value is not None and 0 <= value <= 100 else None


def text(values: Mapping[str, Any], name: str) -> str:
    """Return a printable text; empty if it is missing or something else.

    Args:
        values: a mapping from JSON.
        name: the key of the text.
    """
    value = values.get(name)
    return printable(value) if isinstance(value, str) else ""


def printable(value: str) -> str:
    r"""Return a text of limited length whose characters can all be printed.

    >>> printable("a\x00b")
    'a\ufffdb'
    """
    cut = value if len(value) <= LONGEST else f"{value[:LONGEST]}..."
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in cut)


def settings(values: Mapping[str, Any]) -> dict[str, Value]:
    """Return the settings of a run by name: numbers, words and switches; others are left out."""
    named = values.get("settings")
    own: Mapping[str, Any] = named if isinstance(named, dict) else {}
    return {
        printable(str(name)): printable(value) if isinstance(value, str) else value
        for name, value in list(own.items())[:LONGEST]
        if isinstance(value, bool | str) or number(own, name) is not None
    }
