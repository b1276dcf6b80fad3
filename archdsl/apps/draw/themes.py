"""Colours of a picture: as it is drawn, in grey for print, or for dark pages."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from archdsl.apps.draw.looks import BLUE, FAINT, INK, OUT_OF, RED, Look
from archdsl.apps.draw.scene import Scene

SHADES = {"#ffffff": "#16181b", "#f4f4f4": "#26292e", "#fde0dd": "#4a1f1d", "#e3eef7": "#1d3145"}
LIGHT = {INK: "#e9e9e9", FAINT: "#a8a8a8", RED: "#ff8a80", BLUE: "#82b9ea", **SHADES}
GREYS = {RED: "#000000", "#fde0dd": "#cfcfcf", BLUE: "#6b6b6b", "#e3eef7": "#efefef"}


@dataclass(frozen=True)
class Theme:
    """How the colours of a scene are replaced.

    Attributes:
        colours: colours that stand for something, and what replaces each.
        others: returns what replaces any other colour.
        words: names of colours in captions, and what replaces them.
        dashed: whether links out of the layer in focus are dashed, because their colour does not
            tell them apart.
        background: the colour behind the picture; white if not named.
    """

    colours: Mapping[str, str] = field(default_factory=dict)
    others: Callable[[str], str] = lambda colour: colour
    words: Mapping[str, str] = field(default_factory=dict)
    dashed: bool = False
    background: str = "white"

    def caption(self, text: str) -> str:
        """Return a caption with the names of the colours that are drawn."""
        for before, after in self.words.items():
            text = text.replace(before, after)
        return text

    def drawn(self, scene: Scene) -> Scene:
        """Return a scene in these colours."""
        return replace(
            scene,
            boxes=tuple(replace(box, look=self._look(box.look)) for box in scene.boxes),
            curves=tuple(replace(curve, look=self._line(curve.look)) for curve in scene.curves),
            texts=tuple(replace(text, colour=self._colour(text.colour)) for text in scene.texts),
        )

    def _line(self, look: Look) -> Look:
        dashed = self.dashed and look.stroke == OUT_OF.stroke and not look.dashes
        return self._look(replace(look, dashes="dashed") if dashed else look)

    def _look(self, look: Look) -> Look:
        stroke, fill, text = map(self._colour, (look.stroke, look.fill, look.text))
        return replace(look, stroke=stroke, fill=fill, text=text)

    def _colour(self, colour: str) -> str:
        return "none" if colour == "none" else self.colours.get(colour) or self.others(colour)


def grey(colour: str) -> str:
    """Return the grey that is as bright as a colour.

    >>> grey("#1f77b4")
    '#646464'
    """
    red, green, blue = _parts(colour)
    return _hex(*[0.299 * red + 0.587 * green + 0.114 * blue] * 3)


def inverted(colour: str) -> str:
    """Return a colour of the same hue that is as bright as this one is dark.

    >>> inverted("#ffffff"), inverted("#222222")
    ('#000000', '#dddddd')
    """
    hue, light, saturation = colorsys.rgb_to_hls(*_parts(colour))
    return _hex(*colorsys.hls_to_rgb(hue, 1 - light, saturation))


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _hex(*parts: float) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)


COLOUR = Theme()
THEMES = {
    "colour": COLOUR,
    "grey": Theme(
        GREYS, grey, {"Red:": "Black:", "(red": "(black", "(blue)": "(dashed)"}, dashed=True
    ),
    "dark": Theme(LIGHT, inverted, background="#16181b"),
}
"""Theme by name."""
