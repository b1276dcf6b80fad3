"""Fold a stage around one layer: its sources and readers are named, other layers are counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from archdsl.apps.draw.subject import readers
from archdsl.ir.graph import Stage

NEAREST = 12
"""Number of sources, and of readers, that are named if there are more than twice as many."""


@dataclass(frozen=True, slots=True)
class Run:
    """Layers `first` to `last`; `read` of them are read by the focus, `fed` of them read it.

    A `named` layer is a run of one layer; other runs are folded.
    """

    first: int
    last: int
    read: int = 0
    fed: int = 0
    named: bool = False

    @property
    def count(self) -> int:
        """Return the number of layers."""
        return self.last - self.first + 1

    @property
    def label(self) -> str:
        """Return the label of its box: a name, or the numbers of linked layers and of layers."""
        if self.named:
            return f"F{self.first}"
        linked = self.read or self.fed
        if not linked:
            return f"{self.count:,}"
        span = f"F{self.first} to F{self.last}"
        return span if linked == self.count else f"{span}\n{linked:,} of {self.count:,}"


def folded(stage: Stage, focus: int) -> list[Run]:
    """Return all of y_0 ... y_N as runs, in order, with all links of the focus.

    Args:
        stage: the stage.
        focus: index of the layer whose links are drawn.

    >>> from archdsl.apps.draw.folding import named
    >>> named(range(30), 30)[:2], named([5, 4, 2], 6)
    ([29, 28], [5, 4, 2])

    Args:
        stage: the stage.
        focus: the number of the layer in focus, which is never folded.
    """
    reads, feeds = set(stage.sources(focus)), set(readers(stage, focus))
    alone = {0, focus, stage.depth, *named(reads, focus), *named(feeds, focus)}
    runs: list[Run] = []
    for layer, following in pairwise([*sorted(alone), stage.depth + 1]):
        runs.append(Run(layer, layer, int(layer in reads), int(layer in feeds), named=True))
        if following - layer > 1:
            runs += _between(layer + 1, following - 1, reads, feeds)
    return runs


def named(linked: Iterable[int], focus: int) -> list[int]:
    """Return the linked layers that are drawn separately, nearest first.

    Args:
        linked: the layers that read the focus, or that it reads.
        focus: the number of the layer in focus.

    Returns:
        All layers, or the `NEAREST` ones if there are more than twice as many.
    """
    ordered = sorted(linked, key=lambda layer: (abs(layer - focus), layer))
    return ordered if len(ordered) <= 2 * NEAREST else ordered[:NEAREST]


def _between(first: int, last: int, reads: set[int], feeds: set[int]) -> Iterator[Run]:
    inside = range(first, last + 1)
    read, fed = (sum(layer in linked for layer in inside) for linked in (reads, feeds))
    yield Run(first, last, read, fed)
