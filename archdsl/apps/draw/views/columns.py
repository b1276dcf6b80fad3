"""Draw a fractal block as in figure 1(d): its columns, the deepest on top, and their joins."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.apps.draw.curves import level
from archdsl.apps.draw.looks import CHAIN, FOCUS_BOX, INTO, JOIN, PLAIN_BOX, SOURCE_BOX, Look
from archdsl.apps.draw.scene import Box, Curve, Point, Scene, Text
from archdsl.apps.draw.subject import Subject
from archdsl.apps.draw.views.exploded import HEIGHT, LABEL, MARK, WIDTH, leaving
from archdsl.ir.graph import Stage

STEP = 66.0
DROP = 30.0
"""Points between columns."""

AFTER = 33.0
"""Distance from a row to the join after it, centre to centre."""


@dataclass(frozen=True, slots=True)
class Place:
    """Position of a unit: its row and its column; column 0 is the deepest."""

    row: int
    column: int

    @property
    def point(self) -> Point:
        """Return the centre of the unit. A unit of column v is in the middle of its 2^v rows."""
        return ((self.row - (2**self.column - 1) / 2) * STEP, -self.column * DROP)


def places(columns: int) -> list[Place]:
    """Return the units of a block in order: row by row, the deepest column first."""
    return [
        Place(row, column)
        for row in range(1, 2 ** (columns - 1) + 1)
        for column in range((row & -row).bit_length())
    ]


def columns(subject: Subject, stage: Stage, count: int) -> Scene:
    """Return boxes `S.L` and marks `S.rR` that join row R; a row of one unit has no mark.

    Args:
        subject: the network.
        stage: a stage that is a fractal block.
        count: number of columns of the block; it has 2^(count - 1) rows.
    """
    focus = subject.focused(stage)
    units = places(count)
    rows: dict[int, list[int]] = {0: [0]}
    for layer, place in enumerate(units, start=1):
        rows.setdefault(place.row, []).append(layer)
    boxes = [_unit(subject, stage, 0, (0.0, 0.0), focus)]
    boxes += [
        _unit(subject, stage, layer, place.point, focus)
        for layer, place in enumerate(units, start=1)
    ]
    hot = set(stage.sources(focus)) if focus else set()
    curves: list[Curve] = []
    for row, layers in rows.items():
        if len(layers) > 1:
            boxes.append(_mark(stage, row, layers, hot=set(layers) == hot))
            curves += _joined(stage, row, layers, units, hot=set(layers) == hot)
    for layer, place in enumerate(units, start=1):
        before = place.row - 2**place.column
        curves.append(_read(stage, before, rows[before], layer, place, hot=layer == focus))
    end = 2 ** (count - 1)
    start = (end * STEP + (AFTER + MARK / 2 if count > 1 else WIDTH / 2), 0.0)
    name = _name(stage, end, rows[end])
    leave = Curve(name, name, level(start, (start[0] + 16, 0)), CHAIN, True)
    text = Text(start[0] + 20, 0, leaving(subject, stage), side="left", colour="#6b6b6b")
    return Scene(f"stage {stage.index}", tuple(boxes), (*curves, leave), (text,))


def _name(stage: Stage, row: int, layers: list[int]) -> str:
    return f"{stage.index}.r{row}" if len(layers) > 1 else f"{stage.index}.{layers[0]}"


def _unit(subject: Subject, stage: Stage, layer: int, point: Point, focus: int | None) -> Box:
    read = bool(focus) and layer in stage.sources(focus or 1)
    look = FOCUS_BOX if layer == focus else SOURCE_BOX if read else PLAIN_BOX
    return Box(
        f"{stage.index}.{layer}", *point, WIDTH, HEIGHT, f"F{layer}", look,
        tooltip=subject.tooltip(stage, layer),
    )  # fmt: skip


def _mark(stage: Stage, row: int, layers: list[int], *, hot: bool) -> Box:
    look = Look(INTO.stroke, "#ffffff", 1.0, INTO.stroke) if hot else JOIN
    tooltip = f"{stage.operator.says()}: {' and '.join(f'F{layer}' for layer in layers)}"
    return Box(
        f"{stage.index}.r{row}", row * STEP + AFTER, 0, MARK, MARK, LABEL, look, "circle",
        size=8.0, tooltip=tooltip,
    )  # fmt: skip


def _joined(
    stage: Stage, row: int, layers: list[int], units: list[Place], *, hot: bool
) -> list[Curve]:
    """Return the curves from the units of a row to its mark, which is at the deepest column."""
    end = row * STEP + AFTER
    curves = []
    for layer in layers:
        x, y = units[layer - 1].point
        arrives = (end - MARK / 2, 0.0) if y == 0 else (end, -MARK / 2)
        start = (x + WIDTH / 2, y)
        points = level(start, arrives) if y == 0 else (start, (end, y), (end, y), arrives)
        look, name = (INTO if hot else CHAIN), f"{stage.index}.r{row}"
        curves.append(Curve(f"{stage.index}.{layer}", name, points, look, False, "", hot))
    return curves


def _read(
    stage: Stage, row: int, layers: list[int], layer: int, place: Place, *, hot: bool
) -> Curve:
    """Draw the link from the output of a row to a unit; shallower columns branch off below."""
    joined = len(layers) > 1
    x = row * STEP + (AFTER if joined else 0.0)
    half = MARK / 2 if joined else WIDTH / 2
    to = (place.point[0] - WIDTH / 2, place.point[1])
    if place.column == 0:
        points = level((x + half, 0.0), to)
    else:
        foot = (x, -(MARK if joined else HEIGHT) / 2)
        points = (foot, (x, to[1]), (x, to[1]), to)
    look = INTO if hot else CHAIN
    return Curve(_name(stage, row, layers), f"{stage.index}.{layer}", points, look, True, "", hot)
