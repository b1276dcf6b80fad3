"""Which unstated choices explain a printed number of parameters: the smallest sets of changes.

The spec as it is comes first, then single changes, then sets of two and three. The search ends at
the first size that explains the figure. A figure of few digits is met by chance, too: how many of
the networks that were counted print so is part of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from archdsl.apps.reproduce.printed import Printed, read_printed
from archdsl.apps.search.changes import ODD, Change, Start, difference, made
from archdsl.apps.search.choices import changes
from archdsl.apps.search.counting import Counted, counted
from archdsl.errors import ArchdslError
from archdsl.frontend.dump import dump, flow
from archdsl.frontend.load import Spec
from archdsl.lowering.limits import Limits

LARGEST = 3
"""The most changes in a set."""
MOST = 2_000
"""The most sets that are counted."""
EFFORT = 45_000
"""What counting them may cost, as `effort` estimates it; no clock, so that results are the same."""
HITS = 100
"""The most outcomes that are told where a figure is met by many."""
NEAREST = 5

Told = Callable[[int, int], None]
"""Is told after each set how many were counted, and how many will be as far as one knows."""


@dataclass(frozen=True)
class Outcome:
    """A set of changes, the parameters it gives, and how they print as the figure, if they do."""

    changes: tuple[Change, ...]
    parameters: int
    how: str | None
    edit: tuple[str, ...] = ()

    @property
    def rounds(self) -> bool:
        """Whether the count rounds to the figure, and is not only cut to it."""
        return self.how is not None and "rounded" in self.how

    @property
    def settings(self) -> dict[str, Any]:
        """The parameters to set."""
        return {name: value for change in self.changes for name, value in change.settings.items()}

    @property
    def rarity(self) -> int:
        """How far from common practice the changes are, all together."""
        return sum(change.rarity for change in self.changes)


@dataclass
class Reconciled:
    """What was found: what explains the figure, and if nothing does, what comes nearest.

    Sets of up to `size` changes were counted, all that were meant to be if it is `complete`.
    The `counted` sets give so many `different` numbers, `printing` of which print as the figure.
    """

    spec: Spec
    figure: Printed
    parameters: int
    hits: tuple[Outcome, ...] = ()
    nearest: tuple[Outcome, ...] = ()
    counted: int = 0
    different: int = 0
    printing: int = 0
    size: int = 0
    complete: bool = True
    interrupted: bool = False


def reconcile(
    spec: Spec,
    figure: str,
    limits: Limits | None = None,
    *,
    most: int | None = None,
    told: Told = lambda done, total: None,
) -> Reconciled:
    """Look for changes of a spec that explain a printed number of parameters.

    An interruption from the keyboard ends the search, and what was found so far is returned.

    Args:
        spec: the network, set to the parameters that the figure is said to be for.
        figure: as printed, 0.76M; a plain number is meant exactly.
        limits: larger networks are left out.
        most: the most sets of changes to count; if not given, fewer of larger networks.
        told: is told of the progress.

    Raises:
        ArchdslError: A106 for a figure that is none, and whatever is wrong with the spec as it is.
    """
    printed = read_printed(figure.replace(",", ""))
    limits = limits or Limits()
    base = counted(spec, limits)
    search = _Search(spec, printed, limits, told)
    search.most = most or max(1, min(MOST, EFFORT // effort(spec, base)))
    result = Reconciled(spec, printed, base.parameters)
    try:
        search.run(result)
    except KeyboardInterrupt:
        result.interrupted, result.complete = True, False
    search.close(result)
    return result


def effort(spec: Spec, base: Counted) -> int:
    """Roughly the milliseconds that a network like this takes on a slow machine."""
    shapes = base.nodes // 25 + base.edges // 300 + base.primitives // 25
    return 5 + len(spec.text) // 250 + shapes


class _Search:
    """Sets of changes, smallest and most usual first; each network is counted once."""

    def __init__(self, spec: Spec, figure: Printed, limits: Limits, told: Told) -> None:
        start = Start.of(spec)
        root = {key: value for key, value in start.root.items() if key != "expect"}
        self.spec, self.figure = spec, figure
        self.start = replace(start, root=root)
        self.limits, self.told, self.most = limits, told, MOST
        self.known: dict[tuple[str, str], Counted | None] = {}
        self.tried = 0
        self.outcomes: list[Outcome] = []

    def run(self, result: Reconciled) -> None:
        """Count sets until some explain the figure, or the allowance is used."""
        offered = changes(self.start)
        for size in range(LARGEST + 1):
            sets = self.sets(offered, size)
            left = self.most - self.tried
            if size == LARGEST and len(sets) > left:
                return  # some of them only would say little
            result.size, result.complete = size, len(sets) <= left
            for chosen in sets[:left]:
                self.take(chosen, self.tried + len(sets[:left]))
            explained = any(outcome.rounds or (outcome.how and size) for outcome in self.outcomes)
            if explained or not result.complete:
                return
            offered = self.combinable(offered) if size == 1 else offered

    def sets(self, offered: Sequence[Change], size: int) -> list[tuple[Change, ...]]:
        """All sets of changes of different kinds, usual ones first."""
        found = [
            chosen
            for chosen in combinations(offered, size)
            if len({change.kind for change in chosen}) == size
        ]
        return sorted(found, key=lambda chosen: sum(change.rarity for change in chosen))

    def combinable(self, offered: Sequence[Change]) -> list[Change]:
        """What is worth combining: no odd changes, and no depth that makes no other network."""
        counts = {id(chosen): o.parameters for o in self.outcomes for chosen in o.changes}
        seen = {self.outcomes[0].parameters} if self.outcomes else set()
        kept = []
        for change in offered:
            count = counts.get(id(change))
            if change.rarity < ODD and not (change.kind == "depth" and count in seen):
                kept.append(change)
                seen |= {count} if change.kind == "depth" and count is not None else set()
        return kept

    def take(self, chosen: tuple[Change, ...], total: int) -> None:
        """Count one set."""
        found = self.count(chosen)
        self.tried += 1
        if found is not None:
            counts_norms = all(change.norms for change in chosen)
            parameters = found.parameters - (0 if counts_norms else found.norms)
            self.outcomes.append(Outcome(chosen, parameters, self.figure.how(parameters)))
        self.told(self.tried, total)

    def count(self, chosen: tuple[Change, ...]) -> Counted | None:
        """The parameters under changes; None if they make no network, or too large a one."""
        settings = {name: value for change in chosen for name, value in change.settings.items()}
        root = made(self.start.root, chosen)
        key = (dump(root), flow(settings))
        if key not in self.known:
            try:
                self.known[key] = counted(self.changed(chosen, root, settings), self.limits)
            except ArchdslError:
                self.known[key] = None
        return self.known[key]

    def changed(
        self, chosen: Sequence[Change], root: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> Spec:
        """The spec under changes. Raises ArchdslError (A0xx to A1xx)."""
        if any(change.edits for change in chosen):
            return self.spec.with_values(root, settings)
        return self.spec.with_settings(settings)

    def close(self, result: Reconciled) -> None:
        """Choose what to tell."""
        hits = sorted((outcome for outcome in self.outcomes if outcome.how), key=self.rank)
        numbers = {outcome.parameters: outcome.how for outcome in self.outcomes}
        result.counted, result.different = self.tried, len(numbers)
        result.printing = sum(how is not None for how in numbers.values())
        result.hits = self.shown(told_apart(hits)[:HITS])
        if not hits:
            others = sorted((o for o in self.outcomes if o.changes), key=self.distance)
            result.nearest = self.shown(told_apart(others)[:NEAREST])

    def shown(self, outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
        """Outcomes with the lines of the spec that they replace."""
        root = self.start.root
        return tuple(
            replace(outcome, edit=tuple(difference(root, made(root, outcome.changes))))
            for outcome in outcomes
        )

    def rank(self, outcome: Outcome) -> tuple[int, bool, int, Any]:
        """Fewer changes first, then what rounds, then what is usual, then what is near.

        All counts that round to a figure are equally near as far as it can tell.
        """
        size = len(outcome.changes)
        return size, not outcome.rounds, outcome.rarity, abs(self.figure.off(outcome.parameters))

    def distance(self, outcome: Outcome) -> tuple[Any, int, int]:
        """Nearest first."""
        off = abs(self.figure.off(outcome.parameters))
        return off, len(outcome.changes), outcome.rarity


def told_apart(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, but for those whose number some of the same kinds of changes give already."""
    found: dict[int, list[set[str]]] = {}
    kept = []
    for outcome in outcomes:
        kinds = {change.kind for change in outcome.changes}
        same = found.setdefault(outcome.parameters, [])
        if not any(others <= kinds for others in same):
            same.append(kinds)
            kept.append(outcome)
    return kept
