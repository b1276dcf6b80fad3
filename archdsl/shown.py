"""How the parts of the pipeline show themselves in notebooks."""

from __future__ import annotations

from importlib import import_module


class Shown:
    """What has a picture: a notebook shows it instead of the text.

    The module that draws stands far above the parts that are drawn, and they import nothing from
    above; so it is looked up when a notebook asks.
    """

    def _repr_svg_(self) -> str | None:
        """The picture, or None, for which a notebook takes the text."""
        made: str | None = import_module("archdsl.apps.draw.showing").svg(self)
        return made
