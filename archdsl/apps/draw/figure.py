"""How a picture is set on a page: title, caption, width, font, colours, and what is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from archdsl.apps.draw.scene import Scene, stacked
from archdsl.apps.draw.themes import THEMES, Theme
from archdsl.errors import fail

if TYPE_CHECKING:
    from archdsl.apps.draw.subject import Subject

UNITS = {"in": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72}
"""Inches of each unit."""

NAMED = {"column": 3.25, "page": 6.75}
"""Widths in inches of a column and of a page, as conferences with two columns have them."""

LEAST, MOST = 0.5, 100.0
"""Widths that are accepted, in inches."""

FAMILY = re.compile(r"[A-Za-z][A-Za-z0-9 -]{0,60}\Z")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")


@dataclass(frozen=True)
class Figure:
    """How a picture is set.

    Attributes:
        title: the line above, instead of the network and its settings; empty for none.
        caption: the sentences below, instead of those on the picture; empty for none.
        width: in inches; everything is scaled to it. None leaves it to the network.
        font: the family of all texts.
        theme: a key of `THEMES`.
        background: `none`, `white` or `#rrggbb`; that of the theme if None.
        stage: the only stage that is drawn.
    """

    title: str | None = None
    caption: str | None = None
    width: float | None = None
    font: str | None = None
    theme: str = "colour"
    background: str | None = None
    stage: int | None = None

    def __post_init__(self) -> None:
        if self.theme not in THEMES:
            raise fail("A414", f"`{self.theme[:40]}` is not a theme", help=", ".join(THEMES))
        if self.font is not None and not FAMILY.match(self.font):
            raise fail("A414", f"`{self.font[:40]}` is not the name of a font")
        ground = self.background
        if ground not in {None, "none", "white"} and not COLOUR.match(str(ground)):
            raise fail(
                "A414", f"`{str(ground)[:40]}` is not a background", help="none, white or #16181b"
            )

    @property
    def colours(self) -> Theme:
        """Return the theme."""
        return THEMES[self.theme]

    @property
    def ground(self) -> str | None:
        """Return the background; None for that of the file's form."""
        themed = None if self.theme == "colour" else self.colours.background
        return self.background or themed

    def of(self, subject: Subject) -> Subject:
        """Return a network with the title, the caption and the stage of this figure.

        Raises:
            ArchdslError: A414 if there is no such stage.
        """
        return replace(
            subject.only(self.stage),
            title=subject.title if self.title is None else self.title,
            caption=self.caption,
            theme=self.colours,
        )


def inches(text: str) -> float:
    """Return a width in inches.

    >>> inches("3.25in"), inches("column"), round(inches("82.55mm"), 4)
    (3.25, 3.25, 3.25)

    Raises:
        ArchdslError: A414 for another text, or a width that no page has.
    """
    number = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)(in|cm|mm|pt)", text)
    width = NAMED.get(text) or (float(number[1]) * UNITS[number[2]] if number else 0.0)
    if not LEAST <= width <= MOST:
        help = f"write 3.25in, 8.2cm, 82mm, 234pt, {' or '.join(NAMED)}"
        raise fail("A414", f"`{text[:40]}` is not the width of a figure", help=help)
    return width


def together(scenes: Sequence[Scene]) -> Scene:
    """Return the pictures of several networks in one, from top to bottom."""
    parts = [scene.named(f"{place}:") for place, scene in enumerate(scenes)]
    return stacked(", ".join(scene.title for scene in scenes), parts, gap=36.0)
