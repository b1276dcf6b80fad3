"""How much may be built, checked by closed form before anything is; raised by the caller only.

The defaults are such that a command takes less than 20 seconds and 500 MB for the largest network
that they let through (docs/performance.md has the measurements).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from archdsl.counted import counted, inflected
from archdsl.errors import ArchdslError, Diagnostic, Place
from archdsl.language.rule import Rule


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest layers, links, parameters, bytes of activations (batch 1, float32), primitives.

    Primitives are the layers inside units, stems, transitions and heads (see `lower.cost`).
    """

    layers: int = 50_000
    links: int = 1_000_000
    parameters: int = 10**11
    activation_bytes: int = 10**11
    primitives: int = 250_000

    def times(self, factor: int) -> Limits:
        """Limits on layers, links and primitives that are so many times as large."""
        return replace(
            self,
            layers=factor * self.layers,
            links=factor * self.links,
            primitives=factor * self.primitives,
        )


@dataclass(frozen=True, slots=True)
class Size:
    """How much is built for one network, or for several."""

    layers: int = 0
    links: int = 0
    primitives: int = 0

    def __add__(self, other: Size) -> Size:
        return Size(
            self.layers + other.layers,
            self.links + other.links,
            self.primitives + other.primitives,
        )

    def above(self, limits: Limits) -> list[tuple[str, int, int]]:
        """(name, count, limit) of what is too large."""
        names = ("layers", "links", "primitives")
        counts = [(name, getattr(self, name), getattr(limits, name)) for name in names]
        return [count for count in counts if count[1] > count[2]]


@dataclass(frozen=True, slots=True)
class Planned:
    """A stage that is not built yet; `primitives` are those of all its layers together."""

    layers: int
    rule: Rule
    place: Place
    primitives: int = 0


def size_of(stages: Iterable[Planned]) -> Size:
    """The size of stages, by closed form."""
    each = [Size(stage.layers, links_of(stage), stage.primitives) for stage in stages]
    return sum(each, start=Size())


def check(stages: Iterable[Planned], limits: Limits, around: int = 0) -> None:
    """Raise A301 with the exact count if a network is too large.

    `around` is how many primitives there are outside of stages.

    Args:
        stages: the planned stages.
        limits: the largest counts that are allowed.
        around: number of primitives outside of stages.
    """
    stages = list(stages)
    size = size_of(stages) + Size(primitives=around)
    above = size.above(limits)
    if not above:
        return
    largest = max(stages, key=lambda stage: (stage.layers, stage.primitives))
    counts = [f"{count:,} {name} (limit {limit:,})" for name, count, limit in above]
    if above[0][0] != "layers":
        make = inflected(size.layers, "makes", "make")
        message = f"{counted(size.layers, 'layer')} {make} {' and '.join(counts)}"
    else:
        named = any(name == "links" for name, _, _ in above)
        more = counts[1:] if named else [counted(size.links, "link"), *counts[1:]]
        message = f"this is {counts[0]} with {' and '.join(more)}"
    raise ArchdslError(Diagnostic("A301", message, help=raising(above), **largest.place))


def check_together(sizes: Iterable[Size], limits: Limits) -> None:
    """Raise A305 if networks that one command holds at once are too large together.

    Args:
        sizes: the size of each network.
        limits: limits for their sum.
    """
    sizes = list(sizes)
    above = sum(sizes, start=Size()).above(limits)
    if above and len(sizes) > 1:
        counts = " and ".join(f"{count:,} {name} (limit {limit:,})" for name, count, limit in above)
        message = f"these {len(sizes):,} networks have {counts} together"
        raise ArchdslError(Diagnostic("A305", message, help=raising(above)))


SEARCHED = 4
"""How much a search may build in all networks together, in limits of one network.

A search counts one quantity of each network and drops it, so it needs no more memory.
"""


@dataclass
class Allowance:
    """What networks that one command builds one after another may take together."""

    limits: Limits
    times: int = SEARCHED
    spent: Size = Size()

    def take(self, size: Size) -> None:
        """Count a network before it is built; one that is too large alone costs nothing.

        Raises: ArchdslError: A305 if it is one too many.
        """
        if size.above(self.limits):
            return
        self.spent += size
        above = self.spent.above(self.limits.times(self.times))
        if above:
            counts = " and ".join(
                f"{count:,} {name} (limit {limit:,})" for name, count, limit in above
            )
            message = f"the networks that are counted here have {counts} together"
            needed = [(name, -(-count // self.times), limit) for name, count, limit in above]
            raise ArchdslError(Diagnostic("A305", message, help=raising(needed)))


def raising(above: Iterable[tuple[str, int, int]]) -> str:
    """What to type to build it all the same."""
    flags = " ".join(f"--max-{name} {count}" for name, count, _ in above)
    return f"raise it on the command line: {flags}"


def links_of(stage: Planned) -> int:
    """The links of a stage by its rule's closed form; a rule without one is bounded by `bound`."""
    if not stage.layers:
        return 0
    has_closed_form = type(stage.rule).links is not Rule.links
    if has_closed_form or stage.layers <= 10_000:
        return stage.rule.links(stage.layers)
    return stage.rule.bound(stage.layers)
