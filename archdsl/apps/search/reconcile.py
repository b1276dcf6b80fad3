"""Find the smallest sets of changes that explain a printed number of parameters.

The unchanged spec is counted first, then single changes, then sets of two and three. The search
ends at the first size that explains the figure. A figure of few digits can be matched by chance, so
the result states how many of the counted networks print as the figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from archdsl.apps.reproduce.printed import Printed, read_printed
from archdsl.apps.search.changes import ODD, Change, Start, difference, edited
from archdsl.apps.search.choices import changes
from archdsl.apps.search.counting import Counted, counted
from archdsl.apps.search.outcomes import Outcome, distinct
from archdsl.errors import ArchdslError
from archdsl.frontend.dump import dump, flow
from archdsl.frontend.load import Spec
from archdsl.lowering.limits import Limits

LARGEST = 3
"""Maximum number of changes in a set."""
MOST = 2_000
"""Maximum number of sets that are counted."""
EFFORT = 45_000
"""Maximum cost of counting, as `effort` estimates it: a clock would make results vary."""
HITS = 100
"""Maximum number of outcomes that are returned."""
NEAREST = 5

Progress = Callable[[int, int], None]
"""Called after each set with the number of sets counted, and the number expected so far."""


@dataclass
class Reconciled:
    """The outcomes that explain the figure; if there are none, the nearest ones.

    Sets of up to `size` changes were counted; all of them if `complete`. The `counted` sets give
    `different` numbers of parameters, of which `printing` print as the figure.
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
    progress: Progress = lambda done, total: None,
) -> Reconciled:
    """Find changes of a spec that explain a printed number of parameters.

    Ctrl-C ends the search, and the outcomes so far are returned.

    Args:
        spec: the network, with the settings that the figure is for.
        figure: as printed, such as 0.76M; a number without a suffix is exact.
        limits: larger networks are omitted.
        most: the maximum number of sets to count; by default fewer of larger networks.
        progress: called after each set.

    Raises:
        ArchdslError: A106 for an invalid figure, and the errors of the unchanged spec.
    """
    printed = read_printed(figure.replace(",", ""))
    limits = limits or Limits()
    base = counted(spec, limits)
    search = _Search(spec, printed, limits, progress)
    search.most = most or max(1, min(MOST, EFFORT // effort(spec, base)))
    result = Reconciled(spec, printed, base.parameters)
    try:
        search.run(result)
    except KeyboardInterrupt:
        result.interrupted, result.complete = True, False
    search.close(result)
    return result


def effort(spec: Spec, base: Counted) -> int:
    """Estimate the milliseconds that counting such a network takes on a slow machine.

    Args:
        spec: the spec, whose text is read again for each set of changes.
        base: the size of its network.
    """
    shapes = base.nodes // 25 + base.edges // 300 + base.primitives // 25
    return 5 + len(spec.text) // 250 + shapes


class _Search:
    """Sets of changes, smallest and most usual first; each network is counted once."""

    def __init__(self, spec: Spec, figure: Printed, limits: Limits, progress: Progress) -> None:
        start = Start.of(spec)
        root = {key: value for key, value in start.root.items() if key != "expect"}
        self.spec, self.figure = spec, figure
        self.start = replace(start, root=root)
        self.limits, self.progress, self.most = limits, progress, MOST
        self.networks: dict[tuple[str, str], Counted | None] = {}
        self.tried = 0
        self.outcomes: list[Outcome] = []

    def run(self, result: Reconciled) -> None:
        """Count sets until some explain the figure, or the maximum is reached."""
        offered = changes(self.start)
        for size in range(LARGEST + 1):
            sets = self.sets(offered, size)
            left = self.most - self.tried
            if size == LARGEST and len(sets) > left:
                return  # only some of them would say little
            result.size, result.complete = size, len(sets) <= left
            for chosen in sets[:left]:
                self.take(chosen, self.tried + len(sets[:left]))
            explained = any(outcome.rounds or (outcome.how and size) for outcome in self.outcomes)
            if explained or not result.complete:
                return
            offered = self.combinable(offered) if size == 1 else offered

    def sets(self, offered: Sequence[Change], size: int) -> list[tuple[Change, ...]]:
        """Return all sets of changes of different kinds, usual ones first.

        Args:
            offered: the changes to combine.
            size: number of changes in a set.
        """
        sets = [
            chosen
            for chosen in combinations(offered, size)
            if len({change.kind for change in chosen}) == size
        ]
        return sorted(sets, key=lambda chosen: sum(change.rarity for change in chosen))

    def combinable(self, offered: Sequence[Change]) -> list[Change]:
        """Return the changes to combine: not odd ones, nor depths that give the same network."""
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
        """Count one set, keep its outcome, and report the progress.

        Args:
            chosen: the changes; a set that makes the spec invalid has no outcome.
            total: number of sets to count so far, for the report.
        """
        counts = self.count(chosen)
        self.tried += 1
        if counts is not None:
            counts_norms = all(change.norms for change in chosen)
            parameters = counts.parameters - (0 if counts_norms else counts.norms)
            self.outcomes.append(Outcome(chosen, parameters, self.figure.how(parameters)))
        self.progress(self.tried, total)

    def count(self, chosen: tuple[Change, ...]) -> Counted | None:
        """Return the counts under changes; None if the spec is then invalid or too large."""
        settings = {name: value for change in chosen for name, value in change.settings.items()}
        root = edited(self.start.root, chosen)
        key = (dump(root), flow(settings))
        if key not in self.networks:
            try:
                self.networks[key] = counted(self.changed(chosen, root, settings), self.limits)
            except ArchdslError:
                self.networks[key] = None
        return self.networks[key]

    def changed(
        self, chosen: Sequence[Change], root: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> Spec:
        """Return the spec under changes.

        Args:
            chosen: the changes.
            root: the document after their edits.
            settings: the values of their parameters.

        Raises:
            ArchdslError: A0xx or A1xx if the spec is invalid then.
        """
        if any(change.edits for change in chosen):
            return self.spec.with_values(root, settings)
        return self.spec.with_settings(settings)

    def close(self, result: Reconciled) -> None:
        """Put the outcomes to show, and the totals, into the result."""
        hits = sorted((outcome for outcome in self.outcomes if outcome.how), key=self.rank)
        numbers = {outcome.parameters: outcome.how for outcome in self.outcomes}
        result.counted, result.different = self.tried, len(numbers)
        result.printing = sum(how is not None for how in numbers.values())
        result.hits = self.shown(distinct(hits)[:HITS])
        if not hits:
            others = sorted((o for o in self.outcomes if o.changes), key=self.distance)
            result.nearest = self.shown(distinct(others)[:NEAREST])

    def shown(self, outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
        """Return outcomes with the lines of the spec that they replace."""
        root = self.start.root
        return tuple(
            replace(outcome, edit=tuple(difference(root, edited(root, outcome.changes))))
            for outcome in outcomes
        )

    def rank(self, outcome: Outcome) -> tuple[int, bool, int, Any]:
        """Return a sort key: number of changes, truncated or rounded, rarity, distance.

        A printed figure cannot tell apart the counts that round to it, so distance is last.
        """
        size = len(outcome.changes)
        return size, not outcome.rounds, outcome.rarity, abs(self.figure.off(outcome.parameters))

    def distance(self, outcome: Outcome) -> tuple[Any, int, int]:
        """Return a sort key: the nearest first."""
        off = abs(self.figure.off(outcome.parameters))
        return off, len(outcome.changes), outcome.rarity
