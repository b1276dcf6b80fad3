"""Compute Table 1: counts of a spec's first stage, their growth classes, and the paper's claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from archdsl.apps.scaling.growth import Growth, deeper_half, growth
from archdsl.apps.scaling.scaling import Counts, counts, first_stage
from archdsl.apps.scaling.table1 import QUANTITIES, Claim, Quantity, claim
from archdsl.frontend.load import Spec
from archdsl.language.rule import Rule
from archdsl.lowering.limits import Limits


@dataclass(frozen=True)
class Scaling:
    """Counts of a spec by depth. A growth is None if there are too few depths to fit a class."""

    name: str
    rule: Rule
    aggregation: str
    counts: tuple[Counts, ...]
    growths: Mapping[Quantity, Growth | None]
    claim: Claim | None

    @property
    def depth_is(self) -> str:
        """Return what N counts, `layers` or `rows`; see `archdsl.apps.scaling.scaling`."""
        return self.rule.depth_is

    @property
    def topology(self) -> str:
        """Return the rule with its numbers, and the aggregation: `exponential 2 concat`."""
        return " ".join([self.rule.rule, *map(_plain, self.rule.arguments()), self.aggregation])

    def values(self, quantity: Quantity) -> dict[int, int]:
        """Return the counts of a quantity by depth, without the depths where it is not counted."""
        by_depth = {row.depth: getattr(row, quantity) for row in self.counts}
        return {depth: value for depth, value in by_depth.items() if value is not None}

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values, ready for JSON."""
        claimed = self.claim.classes if self.claim else {}
        return {
            "name": self.name,
            "topology": self.topology,
            "depth_is": self.depth_is,
            "paper": self.claim.name if self.claim else None,
            "counts": [asdict(row) for row in self.counts],
            "growth": {
                quantity: _growth(fit, claimed.get(quantity))
                for quantity, fit in self.growths.items()
            },
        }


def measure(
    spec: Spec,
    depths: Iterable[int],
    progress: Callable[[Counts], None] = lambda row: None,
    limits: Limits | None = None,
) -> Scaling:
    """Count a spec's first stage at each depth, and fit growth classes to the counts.

    Args:
        spec: a spec whose first stage has one unit for all layers.
        depths: numbers of layers; for a fractal block rows, powers of two.
        progress: called with the counts at each depth.
        limits: see `counts`.

    Raises:
        ArchdslError: as `counts` does.
    """
    rows = []
    for row in counts(spec, depths, limits):
        rows.append(row)
        progress(row)
    plan = first_stage(spec)
    kind = plan.operator.kind
    unfitted = Scaling(spec.name, plan.rule, kind, tuple(rows), {}, claim(plan.rule.rule, kind))
    fitted = {quantity: growth(unfitted.values(quantity)) for quantity in QUANTITIES}
    return Scaling(unfitted.name, unfitted.rule, kind, unfitted.counts, fitted, unfitted.claim)


def fitted(depths: Iterable[int]) -> int:
    """Return the number of depths to which a class is fitted."""
    return len(deeper_half(list(depths)))


def _growth(fit: Growth | None, claimed: str | None) -> dict[str, Any]:
    return {
        "class": fit.name if fit else None,
        "worst_relative_residual": fit.residual if fit else None,
        "fitted_depths": fit.points if fit else 0,
        "paper": claimed,
        "agrees": fit.name == claimed if fit and claimed else None,
    }


def _plain(argument: int | tuple[int, ...]) -> str:
    return str(argument) if isinstance(argument, int) else " ".join(map(str, argument))
