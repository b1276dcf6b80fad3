"""Borders inside a stage that is one sequence over several: outputs are carried over them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Border:
    """Where a sequence continues with other layers, such as at a smaller map.

    From layer `layer` on, the outputs `sources` (ascending) are read as `nodes` make them: chains,
    one for each, that read the output, or what the border before made of it.
    """

    layer: int
    sources: tuple[int, ...]
    nodes: tuple[str, ...]

    def carried(self, source: int) -> str | None:
        """Return the node that carries an output; None if nothing behind the border reads it."""
        place = bisect_left(self.sources, source)
        return self.nodes[place] if self.sources[place : place + 1] == (source,) else None
