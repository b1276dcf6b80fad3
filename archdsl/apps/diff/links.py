"""Links that one stage has and another has not.

A link is the same if both of its ends are: layers are compared as they are aligned, not by number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archdsl.apps.diff.alignment import Alignment, Row
from archdsl.ir.graph import Stage

MOST = 4_000_000
"""Most links of both stages that are gone through; beyond, links are counted and not told apart."""


@dataclass(frozen=True, slots=True)
class LayerLinks:
    """Outputs that a layer reads in the second stage only, and in the first only.

    `before` and `after` are the numbers of the layer, None where it does not exist. Added outputs
    have their numbers in the second stage, removed ones theirs in the first.
    """

    before: int | None
    after: int | None
    added: tuple[int, ...]
    removed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LinkDiff:
    """Links of one stage and another. `layers` are those whose reads differ; None if too many.

    `before` and `after` count all links; the exit is a reader with the number N + 1.
    """

    before: int
    after: int
    layers: tuple[LayerLinks, ...] | None
    exit: LayerLinks
    alignment: Alignment

    @property
    def added(self) -> int | None:
        """Return the number of links that only the second stage has; None if they are too many."""
        return None if self.layers is None else sum(len(one.added) for one in self.layers)

    @property
    def removed(self) -> int | None:
        """Return the number of links that only the first stage has; None if they are too many."""
        return None if self.layers is None else sum(len(one.removed) for one in self.layers)

    @property
    def changed(self) -> bool:
        """Return whether any links differ, those into the exit included."""
        same = self.layers == () and not self.exit.added and not self.exit.removed
        return not same


def link_diff(one: Stage | None, other: Stage | None, alignment: Alignment) -> LinkDiff:
    """Compare the links of two stages; a missing stage has no links.

    Args:
        one: the stage before the change; None if there was none.
        other: the stage after it; None if there is none. They cannot both be None.
        alignment: which layer of one stage is which of the other.

    Returns:
        The numbers of links, and the sources that only one of them has. If both have more than
        `MOST` links together, only the numbers and the exit are compared.
    """
    before, after = (stage.rule.links(stage.depth) if stage else 0 for stage in (one, other))
    positions = [alignment.positions(side) for side in (0, 1)]
    reads = [
        {position[source] for source in stage.exit_sources()} if stage else set()
        for stage, position in zip((one, other), positions, strict=True)
    ]
    numbers = [stage.depth + 1 if stage else None for stage in (one, other)]
    exits = _apart((numbers[0], numbers[1]), reads, alignment)
    layers = tuple(_layers((one, other), positions, alignment)) if before + after <= MOST else None
    return LinkDiff(before, after, layers, exits, alignment)


def _layers(
    stages: tuple[Stage | None, Stage | None],
    positions: Sequence[Sequence[int]],
    alignment: Alignment,
) -> Iterator[LayerLinks]:
    for row in alignment.rows[1:]:
        reads = [
            _reads(stage, layer, position)
            for stage, layer, position in zip(stages, row, positions, strict=True)
        ]
        if reads[0] != reads[1]:
            yield _apart(row, reads, alignment)


def _reads(stage: Stage | None, layer: int | None, positions: Sequence[int]) -> set[int]:
    """Return the rows of the outputs that a layer reads; none if the layer does not exist."""
    if stage is None or layer is None:
        return set()
    return {positions[source] for source in stage.sources(layer)}


def _apart(row: Row, reads: Sequence[set[int]], alignment: Alignment) -> LayerLinks:
    added, removed = sorted(reads[1] - reads[0]), sorted(reads[0] - reads[1])
    return LayerLinks(*row, _numbers(added, alignment, 1), _numbers(removed, alignment, 0))


def _numbers(positions: Sequence[int], alignment: Alignment, side: int) -> tuple[int, ...]:
    numbers = (alignment.rows[position][side] for position in positions)
    return tuple(number for number in numbers if number is not None)
