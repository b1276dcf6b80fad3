"""How strongly a network uses each of its links: plain numbers, and how a picture shows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from archdsl.apps.draw.looks import BLUE, FAINT, RED, Look
from archdsl.apps.draw.row import Link
from archdsl.apps.draw.scene import Box, Scene, Text

THINNEST, THICKEST, CROWDED = 0.3, 3.2, 1.6
"""Widths of links of strength 0 and 1, in points, and of strength 1 among many links."""

DOTTED = "dotted"
"""The line of links without weights of their own."""

FAINTEST = 0.3
"""Opacity of a link of strength 0, which is visible on light and on dark pages."""

SAMPLES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Strengths that the legend shows."""


@dataclass(frozen=True)
class Strengths:
    """Strengths from 0 to 1 of links (source, layer); layer N + 1 is what reads the stage.

    A link without an entry has no weights of its own.

    >>> Strengths({0: {(0, 2): 1.0, (1, 2): 0.25}}).stages[0][1, 2]
    0.25

    Attributes:
        stages: the strengths of the links of each stage, by the index of the stage.
        blocks: those of each block inside a unit, by its path.
    """

    stages: Mapping[int, Mapping[Link, float]]
    blocks: Mapping[str, Mapping[Link, float]] = field(default_factory=dict)


def weighed(look: Look, strength: float | None, thickest: float = THICKEST) -> Look:
    """Return a look with the width and the opacity of a strength; dotted without one.

    The shade is the opacity, so that weak links are faint on light and on dark pages. Red and blue
    links keep their colour, others are grey.

    Args:
        look: the look of the link in a picture without strengths.
        strength: from 0 to 1; None for a link without weights of its own.
        thickest: the width of a link of strength 1, in points.
    """
    stroke = look.stroke if look.stroke in {RED, BLUE} else FAINT
    if strength is None:
        return replace(look, stroke=stroke, width=1.0, dashes=DOTTED)
    opacity = round(255 * (FAINTEST + (1 - FAINTEST) * strength))
    width = THINNEST + (thickest - THINNEST) * strength
    return replace(look, stroke=f"{stroke}{opacity:02x}", width=width)


def legend(thickest: float = THICKEST) -> Scene:
    """Return a line for each of `SAMPLES` with its number; `thickest` is as for `weighed`."""
    boxes, texts = [], []
    for index, sample in enumerate(SAMPLES):
        left, look = index * 56.0, weighed(Look(), sample, thickest)
        swatch = Look(fill=look.stroke, width=0)
        name = f"legend.{index}"
        boxes.append(Box(name, left + 12, 0, 24, look.width, "", swatch, "box", tooltip=" "))
        texts.append(Text(left + 28, 0, f"{sample:g}", side="left", colour=FAINT))
    return Scene("legend", tuple(boxes), (), tuple(texts))


def sentences(strengths: Collection[float], *, by: str = "Width and shade", dotted: bool) -> str:
    """Return the caption: what shows strengths, and their range.

    Args:
        strengths: the strengths of all links of the picture's stages.
        by: what shows the strength of a link.
        dotted: whether a link that is drawn has no weights of its own.
    """
    missing = " Dotted links have no weights of their own." if dotted else ""
    return (
        f"{by}: how strongly a layer uses an output, divided by the layer's largest; "
        f"from {min(strengths):.2f} to {max(strengths):.2f}.{missing}"
    )
