"""Draw a stage as a line of boxes, y_0 to y_N, with its links as arcs above or below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from archdsl.apps.draw.curves import arc, lane, straight
from archdsl.apps.draw.looks import (
    BACK,
    CHAIN,
    FOCUS_BOX,
    INTO,
    OUT_OF,
    PLAIN_BOX,
    SOURCE_BOX,
    Look,
)
from archdsl.apps.draw.scene import Box, Curve, Scene

Link = tuple[int, int]
"""(source, reader): the indices of two outputs of a stage."""

Painted = tuple[Look, bool]
"""The look of a link, and whether it is in front, with an arrow head."""


@dataclass(frozen=True, slots=True)
class Row:
    """Sizes and labels of a line of boxes. All sizes are in points.

    Attributes:
        prefix: the beginning of the names of boxes, such as `1.`.
        step: distance between neighbouring layers.
        width: width of a box.
        height: height of a box.
        size: size of the letters of labels.
        lowest: height of an arc between neighbours.
        lane: height that each doubling of the distance adds.
        label: returns the label of a layer.
        tooltip: returns the tooltip of a layer.
    """

    prefix: str
    step: float = 36.0
    width: float = 24.0
    height: float = 18.0
    size: float = 9.0
    lowest: float = 14.0
    lane: float = 20.0
    label: Callable[[int], str] = lambda layer: f"F{layer}"
    tooltip: Callable[[int], str] = lambda layer: ""

    def name(self, layer: int) -> str:
        """Return the name of the box of a layer."""
        return f"{self.prefix}{layer}"

    def x(self, layer: int) -> float:
        """Return the centre of the box of a layer."""
        return layer * self.step

    def boxes(self, layers: Iterable[int], look: Callable[[int], Look]) -> Iterator[Box]:
        """Yield the boxes of layers, at y = 0.

        Args:
            layers: the numbers of the layers; layer l is at x = l * `step`.
            look: returns the look of a layer.
        """
        for layer in layers:
            yield Box(
                self.name(layer), self.x(layer), 0, self.width, self.height, self.label(layer),
                look(layer), size=self.size, tooltip=self.tooltip(layer),
            )  # fmt: skip

    def curve(
        self,
        link: Link,
        painted: Painted,
        *,
        below: bool = False,
        neighbours: Literal["straight", "arc"] = "straight",
    ) -> Curve:
        """Return the curve of a link.

        Args:
            link: the source and the reader.
            painted: the look, and whether it is in front.
            below: draw the arc below the line.
            neighbours: whether neighbours are joined by an arc or, above, by a straight line.
        """
        source, reader = link
        look, front = painted
        side = -1.0 if below else 1.0
        if reader - source == 1 and not below and neighbours == "straight":
            start, end = self.x(source) + self.width / 2, self.x(reader) - self.width / 2
            points = straight((start, 0.0), (end, 0.0))
        else:
            foot = side * self.height / 2
            high = side * lane(reader - source, self.lowest, self.lane)
            points = arc((self.x(source), foot), (self.x(reader), foot), high)
        tooltip = f"{self.label(source)} to {self.label(reader)}"
        return Curve(self.name(source), self.name(reader), points, look, front, tooltip, front)


def links_of(reads: Callable[[int], Iterable[int]], layers: Iterable[int]) -> Iterator[Link]:
    """Yield the links into some layers, in order.

    Args:
        reads: returns the outputs that a layer reads, such as `stage.sources`.
        layers: the numbers of the readers.

    Yields:
        Pairs of source and reader.
    """
    for layer in layers:
        for source in reads(layer):
            yield source, layer


def into(focus: int) -> Callable[[Link], Painted]:
    """Return the look of each link: red into the focus, blue out of it, grey otherwise."""

    def painted(link: Link) -> Painted:
        source, reader = link
        if reader == focus:
            return INTO, True
        if source == focus:
            return OUT_OF, True
        return (CHAIN if reader - source == 1 else BACK), False

    return painted


def boxed(focus: int, sources: Iterable[int]) -> Callable[[int], Look]:
    """Return the look of each box: the focus is filled, and its sources are outlined.

    Args:
        focus: the number of the layer in focus.
        sources: the outputs that it reads.
    """
    outlined = set(sources)
    return lambda layer: (
        FOCUS_BOX if layer == focus else SOURCE_BOX if layer in outlined else PLAIN_BOX
    )


def line(
    row: Row,
    depth: int,
    links: Iterable[Link],
    focus: int,
    sources: Iterable[int],
    title: str = "",
    weighed: Callable[[Link, Look], Look] = lambda link, look: look,
) -> Scene:
    """Return the scene of one line, with every box of 0 to `depth` and every link.

    Args:
        row: sizes and labels.
        depth: the number of layers; the exit can be drawn as layer N + 1.
        links: pairs of source and reader, both at most `depth`.
        focus: the layer whose links are coloured and painted last.
        sources: the outputs that the focus reads; their boxes are outlined.
        title: the title of the scene.
        weighed: returns the look of a link from the look by its colour alone.
    """
    coloured = into(focus)

    def painted(link: Link) -> Painted:
        look, front = coloured(link)
        return weighed(link, look), front

    ordered = sorted(links, key=lambda link: (link[1] == focus, link[0] == focus, link))
    return Scene(
        title,
        tuple(row.boxes(range(depth + 1), boxed(focus, sources))),
        tuple(row.curve(link, painted(link)) for link in ordered),
    )
