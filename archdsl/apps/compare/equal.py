"""Bring networks to the cost of another one before they are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from archdsl.apps.compare.loading import Loaded
from archdsl.apps.compare.own import applying, check_prefixes
from archdsl.apps.search.counting import measure
from archdsl.apps.search.solve import Budget, solve
from archdsl.errors import ArchdslError, Diagnostic, fail
from archdsl.frontend.load import Spec
from archdsl.lowering.limits import Limits


@dataclass(frozen=True)
class EqualCost:
    """Networks are compared at the cost of one of them.

    Attributes:
        like: the spec file of that network.
        over: the parameters that may change, each for all specs (`growth`) or for one (`b.width`).
        by: the quantity that is made equal, a key of `QUANTITIES`.
    """

    like: Path
    over: Sequence[str]
    by: str = "parameters"

    def parameter(self, path: Path) -> str:
        """Return the parameter of a spec that may change. Raise A414 unless there is one."""
        shared = {name for name in self.over if "." not in name}
        own = {*applying({name: name for name in self.over if "." in name}, path)}
        names = sorted(own or shared)
        if len(names) != 1:
            several = " and ".join(f"`{name}`" for name in names) or "none"
            raise fail(
                "A414", f"one parameter of {path} can change, not {several}",
                help=f"write --over {path.stem}.NAME",
            )  # fmt: skip
        return names[0]


def first(equal: EqualCost, paths: Sequence[Path]) -> list[Path]:
    """Return the spec files of a comparison, with that of the budget among them.

    Args:
        equal: the network whose cost the others get; it is put first if it is not listed.
        paths: the spec files.
    """
    listed = [*paths] if equal.like in paths else [equal.like, *paths]
    check_prefixes(equal.over, listed)
    return listed


def solved(
    loaded: Loaded, equal: EqualCost, limits: Limits, progress: Callable[[str], None]
) -> tuple[Loaded, Mapping[int, float], list[Diagnostic]]:
    """Set a parameter of each network so that its cost is nearest to that of one of them.

    Args:
        loaded: the networks, that of the budget among them.
        equal: that network, and what may change.
        limits: how large the networks may be.
        progress: is told what is being solved.

    Returns:
        The networks, the ratio of each cost to the budget by the number of its network, and the
        errors of networks that are left out.

    Raises:
        ArchdslError: A414 if the network of the budget is several or has an error.
    """
    owners = [spec for entry, spec in loaded if entry.path == equal.like]
    if len(owners) != 1:
        raise fail(
            "A414", f"--like is one network, and {equal.like} makes {len(owners)}",
            help="fix its errors, or vary the parameters of the others: --vary other.depth=40,100",
        )  # fmt: skip
    budget = Budget(equal.by, measure(owners[0], equal.by, limits))
    networks: Loaded = []
    ratios: dict[int, float] = {}
    findings: list[Diagnostic] = []
    for entry, spec in loaded:
        progress(f"{spec.name} at {budget.words}")
        ratio = 1.0
        try:
            if entry.path != equal.like:
                spec, ratio, notes = _nearest(spec, equal.parameter(entry.path), budget, limits)
                findings += notes
        except ArchdslError as error:
            findings += [finding for finding in error.diagnostics if finding not in findings]
            continue
        ratios[len(networks)] = ratio
        networks.append((entry, spec))
    return networks, ratios, findings


def _nearest(
    spec: Spec, over: str, budget: Budget, limits: Limits
) -> tuple[Spec, float, list[Diagnostic]]:
    """Return a spec with its parameter set, the ratio of its cost to the budget, and notes."""
    solution = solve(spec, over, budget, limits)
    notes = [Diagnostic("A415", f"{spec.name}: {note}", level="note") for note in solution.notes]
    nearest = solution.nearest
    return spec.with_settings({over: nearest.setting}), nearest.ratio, notes
