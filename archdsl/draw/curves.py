"""Shapes of links: arcs whose height tells the distance, so that each distance is a lane."""

from __future__ import annotations

import math

from archdsl.draw.scene import Point


def arc(start: Point, end: Point, height: float) -> tuple[Point, ...]:
    """A flat-topped arc; `height` above the start, below it if negative."""
    (x0, y0), (x1, _) = start, end
    lean = (x1 - x0) * 0.1
    top = y0 + height * 4 / 3  # a cubic reaches three quarters of its control points' height
    return (start, (x0 + lean, top), (x1 - lean, top), end)


def straight(start: Point, end: Point) -> tuple[Point, ...]:
    """A line, as a cubic."""
    (x0, y0), (x1, y1) = start, end
    third = ((x1 - x0) / 3, (y1 - y0) / 3)
    return (
        start,
        (x0 + third[0], y0 + third[1]),
        (x1 - third[0], y1 - third[1]),
        end,
    )


def lane(distance: int, lowest: float = 13.0, step: float = 20.0) -> float:
    """Height of the lane of links that go `distance` back: one step for each doubling."""
    return lowest + step * math.log2(max(1, distance))
