"""Table 1, measured: the counts of a spec's first stage, their classes, and the paper's claims."""

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
    """A spec by depth. `growths` are None where too few depths are known to fit a class."""

    name: str
    rule: Rule
    aggregation: str
    counts: tuple[Counts, ...]
    growths: Mapping[Quantity, Growth | None]
    claim: Claim | None

    @property
    def depth_is(self) -> str:
        """What N counts; see `archdsl.apps.scaling.scaling`."""
        return self.rule.depth_is

    @property
    def topology(self) -> str:
        """`exponential 2 concat`: the rule with its numbers, and the aggregation."""
        return " ".join([self.rule.rule, *map(_plain, self.rule.arguments()), self.aggregation])

    def values(self, quantity: Quantity) -> dict[int, int]:
        """What is known of a quantity, by depth."""
        found = {row.depth: getattr(row, quantity) for row in self.counts}
        return {depth: value for depth, value in found.items() if value is not None}

    def as_dict(self) -> dict[str, Any]:
        """The machine-readable form."""
        said = self.claim.classes if self.claim else {}
        return {
            "name": self.name,
            "topology": self.topology,
            "depth_is": self.depth_is,
            "paper": self.claim.name if self.claim else None,
            "counts": [asdict(row) for row in self.counts],
            "growth": {
                quantity: _growth(found, said.get(quantity))
                for quantity, found in self.growths.items()
            },
        }


def measure(
    spec: Spec,
    depths: Iterable[int],
    told: Callable[[Counts], None] = lambda row: None,
    limits: Limits | None = None,
) -> Scaling:
    """Count a spec's first stage at each depth, and fit what was counted.

    Args:
        spec: a spec whose first stage has one unit for all layers.
        depths: numbers of layers; for a fractal block rows, powers of two.
        told: is given each row as soon as it is known.
        limits: see `counts`.

    Raises:
        ArchdslError: as `counts`.
    """
    rows = []
    for row in counts(spec, depths, limits):
        rows.append(row)
        told(row)
    plan = first_stage(spec)
    kind = plan.operator.kind
    found = Scaling(spec.name, plan.rule, kind, tuple(rows), {}, claim(plan.rule.rule, kind))
    fitted = {quantity: growth(found.values(quantity)) for quantity in QUANTITIES}
    return Scaling(found.name, found.rule, kind, found.counts, fitted, found.claim)


def fitted(depths: Iterable[int]) -> int:
    """How many of the depths a class is fitted to."""
    return len(deeper_half(list(depths)))


def _growth(found: Growth | None, said: str | None) -> dict[str, Any]:
    return {
        "class": found.name if found else None,
        "worst_relative_residual": found.residual if found else None,
        "fitted_depths": found.points if found else 0,
        "paper": said,
        "agrees": found.name == said if found and said else None,
    }


def _plain(argument: int | tuple[int, ...]) -> str:
    return str(argument) if isinstance(argument, int) else " ".join(map(str, argument))
