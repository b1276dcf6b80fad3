"""Show specs and graphs as pictures in notebooks."""

from __future__ import annotations

from collections.abc import Callable

Draw = Callable[[object], str | None]


def _no_picture(_: object) -> None:
    return None


_draw: Draw = _no_picture


def draw_with(function: Draw) -> None:
    """Register the function that returns an object's picture as SVG text, or None.

    `archdsl/__init__.py` does this. Specs and graphs are in layers below the one that draws, so
    they cannot import it.
    """
    global _draw
    _draw = function


class Shown:
    """An object that has a picture. A notebook shows the picture instead of the text."""

    def _repr_svg_(self) -> str | None:
        """Return SVG text, or None if there is no picture; a notebook then shows the text."""
        return _draw(self)
