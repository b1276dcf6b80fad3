"""Shapes of links: arcs whose height tells the distance, so that each distance is a lane."""

from __future__ import annotations

import math

from archdsl.apps.draw.scene import Point


def arc(start: Point, end: Point, height: float) -> tuple[Point, ...]:
    """A flat-topped arc that rises `height` above its start, below it if negative.

    Two cubics that meet at the top: their control points are not above the curve, so that
    Graphviz, which measures a picture by control points, leaves no empty space above it.
    """
    (x0, y0), x1 = start, end[0]
    lean = (x1 - x0) * 0.1
    level = y0 + height * 4 / 3  # a cubic reaches three quarters of its control points' height
    return halved((start, (x0 + lean, level), (x1 - lean, level), end))


def halved(cubic: tuple[Point, Point, Point, Point]) -> tuple[Point, ...]:
    """The same curve as two cubics, by de Casteljau."""
    a, b, c, d = cubic
    ab, bc, cd = _middle(a, b), _middle(b, c), _middle(c, d)
    abc, bcd = _middle(ab, bc), _middle(bc, cd)
    return (a, ab, abc, _middle(abc, bcd), bcd, cd, d)


def _middle(one: Point, other: Point) -> Point:
    return ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)


def straight(start: Point, end: Point) -> tuple[Point, ...]:
    """Return a straight line as a cubic curve."""
    (x0, y0), (x1, y1) = start, end
    third = ((x1 - x0) / 3, (y1 - y0) / 3)
    return (
        start,
        (x0 + third[0], y0 + third[1]),
        (x1 - third[0], y1 - third[1]),
        end,
    )


def level(start: Point, end: Point) -> tuple[Point, ...]:
    """Return a curve that is horizontal at both ends, for lines between columns."""
    (x0, y0), (x1, y1) = start, end
    half = (x0 + x1) / 2
    return (start, (half, y0), (half, y1), end)


def lane(distance: int, lowest: float = 13.0, step: float = 20.0) -> float:
    """Return the height of links over a distance: one step for each doubling."""
    return lowest + step * math.log2(max(1, distance))
