"""Shapes of links: the height of an arc depends on its distance, so each distance has a lane."""

from __future__ import annotations

import math

from archdsl.apps.draw.scene import Point


def arc(start: Point, end: Point, height: float) -> tuple[Point, ...]:
    """Return an arc with a flat top.

    It has two cubics that meet at the top. Their control points are not above the curve, as
    Graphviz measures a picture by control points and would leave empty space above it.

    Args:
        start: the first point.
        end: the last point.
        height: points from the start to the top; negative for an arc below.
    """
    (x0, y0), x1 = start, end[0]
    lean = (x1 - x0) * 0.1
    level = y0 + height * 4 / 3  # a cubic reaches three quarters of its control points' height
    return halved((start, (x0 + lean, level), (x1 - lean, level), end))


def halved(cubic: tuple[Point, Point, Point, Point]) -> tuple[Point, ...]:
    """Return a cubic as two cubics, by the algorithm of de Casteljau."""
    a, b, c, d = cubic
    ab, bc, cd = _middle(a, b), _middle(b, c), _middle(c, d)
    abc, bcd = _middle(ab, bc), _middle(bc, cd)
    return (a, ab, abc, _middle(abc, bcd), bcd, cd, d)


def _middle(one: Point, other: Point) -> Point:
    return ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)


def straight(start: Point, end: Point) -> tuple[Point, ...]:
    """Return a straight line as a cubic curve.

    >>> straight((0, 0), (30, 0))
    ((0, 0), (10.0, 0.0), (20.0, 0.0), (30, 0))

    Args:
        start: the first point.
        end: the last point.
    """
    (x0, y0), (x1, y1) = start, end
    third = ((x1 - x0) / 3, (y1 - y0) / 3)
    return (
        start,
        (x0 + third[0], y0 + third[1]),
        (x1 - third[0], y1 - third[1]),
        end,
    )


def level(start: Point, end: Point) -> tuple[Point, ...]:
    """Return a curve that is horizontal at both ends, for lines between columns.

    Args:
        start: the first point.
        end: the last point.

    Returns:
        Four points: the curve leaves and arrives horizontally, halfway between the two.
    """
    (x0, y0), (x1, y1) = start, end
    half = (x0 + x1) / 2
    return (start, (half, y0), (half, y1), end)


def lane(distance: int, lowest: float = 13.0, step: float = 20.0) -> float:
    """Return the height of links over a distance: one step for each doubling.

    >>> lane(1), lane(2), lane(8)
    (13.0, 33.0, 73.0)

    Args:
        distance: number of layers between source and reader; below 1 it counts as 1.
        lowest: the height over a distance of 1, in points.
        step: the height of each doubling, in points.
    """
    return lowest + step * math.log2(max(1, distance))
