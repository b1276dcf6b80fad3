"""Show specs, graphs and errors in notebooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Draw = Callable[[object], str | None]
Describe = Callable[[Any], list[str]]


def _no_picture(_: object) -> None:
    return None


_draw: Draw = _no_picture
_describe: Describe = lambda error: [str(error)]  # noqa: E731


def draw_with(function: Draw) -> None:
    """Register the function that returns an object's picture as SVG text, or None.

    `archdsl/__init__.py` does this. Specs and graphs are in layers below the one that draws, so
    they cannot import it.
    """
    global _draw
    _draw = function


def describe_with(function: Describe) -> None:
    """Register the function that returns the lines of an error, as `draw_with` does for pictures.

    Args:
        function: takes an `ArchdslError`.
    """
    global _describe
    _describe = function


def described(error: Exception) -> list[str]:
    """Return the lines that a notebook shows for an error."""
    return _describe(error)


class Shown:
    """An object that has a picture. A notebook shows the picture instead of the text."""

    def _repr_svg_(self) -> str | None:
        """Return SVG text, or None if there is no picture; a notebook then shows the text."""
        return _draw(self)
