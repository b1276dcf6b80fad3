"""Count how the first stage of each network grows with its depth, for the page's curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archdsl.apps.compare.model import Comparison
from archdsl.apps.scaling.measured import measure
from archdsl.errors import ArchdslError

DEPTHS = tuple(2**power for power in range(1, 9))
MOST = 8
"""Maximum number of curves that can be told apart."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Counts of a stage by its number of layers (rows of a fractal block)."""

    label: str
    links: Mapping[int, int]
    parameters: Mapping[int, int]


def curves(comparison: Comparison) -> tuple[list[Curve], list[str]]:
    """Return the curves, and the labels of the networks that have none.

    A network has no curve if its depth cannot vary, or if there are more than `MOST`. Networks with
    equal counts, such as those that differ only in depth, share the curve of the first one.
    """
    drawn: list[Curve] = []
    left: list[str] = []
    seen: list[tuple[object, object]] = []
    for row in comparison.rows:
        try:
            measured = measure(row.checked.spec, DEPTHS)
        except ArchdslError:
            left.append(row.label)
            continue
        curve = Curve(row.label, measured.values("links"), measured.values("parameters"))
        if (curve.links, curve.parameters) in seen:
            continue
        if len(drawn) == MOST:
            left.append(row.label)
            continue
        seen.append((curve.links, curve.parameters))
        drawn.append(curve)
    return drawn, left
