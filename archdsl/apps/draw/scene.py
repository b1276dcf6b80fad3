"""A picture before it is painted: positions of boxes, curves and texts in points, y upward.

Positions do not depend on installed fonts, so they are the same on every machine. The width of a
text is an upper bound, so that labels do not touch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from archdsl.apps.draw.looks import PLAIN_BOX, Look

Point = tuple[float, float]
Shape = Literal["rounded", "box", "circle"]
Side = Literal["centre", "left", "right"]
SIZE = 9.0
LINE = 1.25
"""Height of a line of text, as a multiple of the font size."""

ADVANCE = 0.62
"""Average width of a letter, as a multiple of the font size."""

WIDTHS = {0.4: " ,.:;'|!ijl", 0.48: "frtI()[]/-", 0.82: "ABCDGHKNOPQRUVXYZ&", 1.0: "mwMW%@+=<>"}
"""Widths of letters as multiples of the font size, in the widest of the usual fonts.

Other letters have 0.65.
"""

WIDTH = {letter: width for width, letters in WIDTHS.items() for letter in letters}


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An area in points."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Rectangle) -> bool:
        """Return whether the two areas share more than an edge."""
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top

    def holds(self, other: Rectangle) -> bool:
        """Return whether the other area is inside this one."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.bottom <= other.bottom and other.top <= self.top


@dataclass(frozen=True, slots=True)
class Box:
    """A layer, a mark, a tick: `x`, `y` is its centre. `name` is unique in a scene."""

    name: str
    x: float
    y: float
    width: float
    height: float
    label: str = ""
    look: Look = PLAIN_BOX
    shape: Shape = "rounded"
    size: float = SIZE
    tooltip: str = ""

    @property
    def area(self) -> Rectangle:
        """Return the area that it covers."""
        across, up = self.width / 2, self.height / 2
        return Rectangle(self.x - across, self.y - up, self.x + across, self.y + up)


@dataclass(frozen=True, slots=True)
class Curve:
    """A link between two boxes along cubic Bezier curves: 3 n + 1 points.

    `front`: whether it is painted over the curves that are not.
    """

    source: str
    target: str
    points: tuple[Point, ...]
    look: Look
    arrow: bool = False
    tooltip: str = ""
    front: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """Lines of text. `x` is their middle, left or right end, as `side` says; `y` their middle."""

    x: float
    y: float
    text: str
    size: float = SIZE
    side: Side = "centre"
    colour: str = "#222222"
    bold: bool = False

    @property
    def width(self) -> float:
        """Return an upper bound of the width, in points."""
        return text_width(self.text, self.size)

    @property
    def height(self) -> float:
        """Return the height of all lines, in points."""
        return self.size * LINE * (1 + self.text.count("\n"))

    @property
    def area(self) -> Rectangle:
        """Return the area that it can cover."""
        left = {"centre": self.width / 2, "left": 0.0, "right": self.width}[self.side]
        up = self.height / 2
        return Rectangle(self.x - left, self.y - up, self.x - left + self.width, self.y + up)


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture: boxes are painted over curves, and later boxes over earlier ones."""

    title: str
    boxes: tuple[Box, ...] = ()
    curves: tuple[Curve, ...] = ()
    texts: tuple[Text, ...] = field(default=())

    def moved(self, across: float, up: float) -> Scene:
        """Return the picture at another position, moved by these points.

        Args:
            across: points to the right; negative to the left.
            up: points upwards; negative downwards.
        """
        return replace(
            self,
            boxes=tuple(replace(box, x=box.x + across, y=box.y + up) for box in self.boxes),
            curves=tuple(
                replace(curve, points=tuple((x + across, y + up) for x, y in curve.points))
                for curve in self.curves
            ),
            texts=tuple(replace(text, x=text.x + across, y=text.y + up) for text in self.texts),
        )

    def named(self, prefix: str) -> Scene:
        """Return the scene with other names of boxes, so that it can be combined with another."""
        return replace(
            self,
            boxes=tuple(replace(box, name=prefix + box.name) for box in self.boxes),
            curves=tuple(
                replace(curve, source=prefix + curve.source, target=prefix + curve.target)
                for curve in self.curves
            ),
        )

    def over(self, other: Scene) -> Scene:
        """Return both pictures in one, with this one painted last."""
        return Scene(
            self.title,
            other.boxes + self.boxes,
            other.curves + self.curves,
            other.texts + self.texts,
        )

    @property
    def bounds(self) -> Rectangle:
        """Return the area of the boxes, the texts and the control points of curves."""
        return around([b.area for b in self.boxes] + [t.area for t in self.texts], self.curves)


def around(areas: Iterable[Rectangle], curves: Iterable[Curve] = ()) -> Rectangle:
    """Return the smallest rectangle around everything.

    Args:
        areas: of boxes and texts.
        curves: curves, of which all points count, control points too.

    Returns:
        The rectangle; if there is nothing, one at the origin without an area.
    """
    points = [point for curve in curves for point in curve.points]
    corners = [*points]
    for area in areas:
        corners += [(area.left, area.bottom), (area.right, area.top)]
    across, up = zip(*corners or [(0.0, 0.0)], strict=True)
    return Rectangle(min(across), min(up), max(across), max(up))


def text_width(text: str, size: float = SIZE) -> float:
    """Return an upper bound on the width of the longest line, in points.

    Args:
        text: one line or several.
        size: the size of the letters in points.
    """
    return size * max(sum(map(_advance, line)) for line in text.split("\n"))


def _advance(letter: str) -> float:
    return WIDTH.get(letter, 0.65 if letter.isascii() else 1.1)


def stacked(title: str, scenes: Iterable[Scene], gap: float = 18.0) -> Scene:
    """Return scenes from top to bottom; horizontal positions are kept.

    Args:
        title: the title of the result.
        scenes: the scenes, the first one on top at y = 0.
        gap: space between two scenes, in points.
    """
    whole, top = Scene(title), 0.0
    for scene in scenes:
        bounds = scene.bounds
        placed = scene.moved(0, top - bounds.top)
        whole = replace(placed.over(whole), title=title)
        top -= bounds.top - bounds.bottom + gap
    return whole


def side_by_side(title: str, scenes: Iterable[Scene], gap: float = 24.0) -> Scene:
    """Return scenes from left to right; vertical positions are kept.

    Args:
        title: the title of the result.
        scenes: the scenes, the first one at the left at x = 0.
        gap: space between two scenes, in points.
    """
    whole, left = Scene(title), 0.0
    for scene in scenes:
        bounds = scene.bounds
        placed = scene.moved(left - bounds.left, 0)
        whole = replace(placed.over(whole), title=title)
        left += bounds.right - bounds.left + gap
    return whole
