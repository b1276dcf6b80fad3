"""Which unit each layer of a stage, or each part of a block, uses, and where it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archdsl.frontend.schema import LayerList
from archdsl.language.cycle import Cycle
from archdsl.language.unit import Unit

UnitWords = Unit | LayerList
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Units:
    """Units that layers use in turn: one for all of them, a cycle, or one per layer.

    Attributes:
        words: the units.
        paths: `paths[i]` is the path of `words[i]` in the stage or block.
        per_layer: whether the units are listed, one per layer.
    """

    words: tuple[UnitWords, ...]
    paths: tuple[Path, ...]
    per_layer: bool = False

    def at(self, position: int) -> UnitWords:
        """Return the unit of a layer; the first layer has position 1."""
        return self.words[(position - 1) % len(self.words)]

    def path(self, position: int) -> Path:
        """Return the path of the unit of a layer; the first layer has position 1."""
        return self.paths[(position - 1) % len(self.words)]


def units_of(layers: Any, unit: Any) -> Units:
    """Return the units that the keys `layers` and `unit` of a stage or a block state.

    Args:
        layers: a number of layers, or a tuple with one unit per layer.
        unit: the unit of all layers or a cycle, if `layers` is a number.
    """
    if isinstance(layers, tuple):
        return Units(layers, tuple(("layers", index) for index in range(len(layers))), True)
    if isinstance(unit, Cycle):
        paths = tuple(("unit", "cycle", index) for index in range(len(unit.cycle)))
        return Units(unit.cycle, paths)
    return Units((unit,), (("unit",),))
