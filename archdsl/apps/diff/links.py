"""Links that one stage has and another has not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archdsl.ir.graph import Stage

MOST = 4_000_000
"""Most links of both stages that are gone through; beyond, links are counted and not told apart."""


@dataclass(frozen=True, slots=True)
class LayerLinks:
    """Outputs that a layer reads in the second stage only, and in the first only."""

    layer: int
    added: tuple[int, ...]
    removed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LinkDiff:
    """Links of one stage and another. `layers` are those whose reads differ; None if too many.

    `before` and `after` count all links; the exit is a reader of its own.
    """

    before: int
    after: int
    layers: tuple[LayerLinks, ...] | None
    exit: LayerLinks

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


def link_diff(one: Stage | None, other: Stage | None) -> LinkDiff:
    """Compare the links of two stages; a missing stage has no links.

    Args:
        one: the stage before the change; None if there was none.
        other: the stage after it; None if there is none. They cannot both be None.

    Returns:
        The numbers of links, and the sources that only one of them has. If both have more than
        `MOST` links together, only the numbers and the exit are compared.
    """
    before, after = (stage.rule.links(stage.depth) if stage else 0 for stage in (one, other))
    exits = _apart(
        0, set(one.exit_sources()) if one else set(), set(other.exit_sources()) if other else set()
    )
    layers = tuple(_layers(one, other)) if before + after <= MOST else None
    return LinkDiff(before, after, layers, exits)


def _layers(one: Stage | None, other: Stage | None) -> Iterator[LayerLinks]:
    deepest = max(stage.depth for stage in (one, other) if stage)
    for layer in range(1, deepest + 1):
        links = _apart(layer, _reads(one, layer), _reads(other, layer))
        if links.added or links.removed:
            yield links


def _reads(stage: Stage | None, layer: int) -> set[int]:
    return set(stage.sources(layer)) if stage and layer <= stage.depth else set()


def _apart(layer: int, one: set[int], other: set[int]) -> LayerLinks:
    return LayerLinks(layer, tuple(sorted(other - one)), tuple(sorted(one - other)))
