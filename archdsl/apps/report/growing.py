"""How the first stage of each network grows with its depth, for the page's curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archdsl.apps.compare.model import Comparison
from archdsl.apps.scaling.measured import measure
from archdsl.errors import ArchdslError

DEPTHS = tuple(2**power for power in range(1, 9))
MOST = 8
"""Most curves that can be told apart."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Counts of a stage by its number of layers (rows of a fractal block)."""

    label: str
    links: Mapping[int, int]
    parameters: Mapping[int, int]


def curves(comparison: Comparison) -> tuple[list[Curve], list[str]]:
    """The curves, and the labels of networks whose depth cannot vary or that are too many.

    Networks that differ in depth alone grow alike: the first of them has the curve.
    """
    found: list[Curve] = []
    left: list[str] = []
    seen: list[tuple[object, object]] = []
    for row in comparison.rows:
        try:
            made = measure(row.checked.spec, DEPTHS)
        except ArchdslError:
            left.append(row.label)
            continue
        curve = Curve(row.label, made.values("links"), made.values("parameters"))
        if (curve.links, curve.parameters) in seen:
            continue
        if len(found) == MOST:
            left.append(row.label)
            continue
        seen.append((curve.links, curve.parameters))
        found.append(curve)
    return found, left
