"""`{rule: offsets, offsets: [1, 2, 5]}`: reads at listed distances, in the order of the list."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from archdsl.language.rule import Rule
from archdsl.language.values import Count


def offsets(layer: int, distances: tuple[int, ...]) -> list[int]:
    """The outputs that a layer reads: those at the given distances back, in their order.

    Args:
        layer: the number of the layer, 1 or more.
        distances: how far back each output is; 1 is the newest.
    """
    return [layer - distance for distance in distances if distance <= layer]


class Offsets(Rule):
    """Any fixed pattern of distances; it must hold 1, so that every layer reads something."""

    rule: Literal["offsets"]
    distances: Annotated[
        tuple[Count, ...],
        Field(
            min_length=1,
            max_length=256,
            alias="offsets",
            strict=False,
            description="how far back each output that is read is; 1 is the newest",
        ),
    ]
    sources: ClassVar = staticmethod(offsets)

    def arguments(self) -> tuple[tuple[int, ...]]:
        """The distances."""
        return (self.distances,)

    def fan_in(self, layer: int) -> int:
        """The number of distances <= l."""
        return sum(distance <= layer for distance in self.distances)

    def links(self, layers: int) -> int:
        """Sum over the distances of the layers that have room for one."""
        return sum(max(0, layers - distance + 1) for distance in self.distances)

    def bound(self, layers: int) -> int:
        """N times the number of distances."""
        return layers * len(self.distances)

    def fan_in_bound(self, layer: int) -> int:
        """The number of distances."""
        return len(self.distances)

    def offsets(self, layers: int) -> list[int]:
        """The distances, ascending."""
        return sorted(distance for distance in self.distances if distance <= layers)

    def problem(self, layers: int) -> str | None:
        """Distances must differ and hold 1."""
        if len(set(self.distances)) < len(self.distances):
            return "the offsets repeat a distance; each may occur once"
        return None if 1 in self.distances else "without the offset 1, layer 1 reads nothing"

    def exit_problem(self, layers: int) -> str | None:
        """An exit need not read the newest output."""
        if len(set(self.distances)) < len(self.distances):
            return self.problem(layers)
        return None if min(self.distances) <= layers + 1 else "no offset reaches an output"

    def says(self) -> str:
        """The reads in words."""
        return "the outputs " + ", ".join(map(str, self.distances)) + " back, in this order"
