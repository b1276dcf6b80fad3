"""The setting of one parameter whose network is nearest to a budget: topologies at equal cost."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any

from archdsl.apps.search.counting import QUANTITIES, measure
from archdsl.apps.search.nearest import Flat, Found, UnreachedError, nearest
from archdsl.errors import ArchdslError, Exit, fail
from archdsl.frontend.load import Spec
from archdsl.lowering.limits import Allowance, Limits
from archdsl.lowering.network import size

Setting = int | list[int]


@dataclass(frozen=True)
class Budget:
    """What to come near to: an amount of one of `QUANTITIES`."""

    by: str
    amount: int

    @property
    def said(self) -> str:
        """The budget in words."""
        return f"{self.amount:,} {QUANTITIES[self.by][0]}"


@dataclass(frozen=True)
class Point:
    """A setting and what it gives; settings up to `last` give the same."""

    setting: Setting
    last: Setting
    count: int
    ratio: float

    def as_dict(self) -> dict[str, Any]:
        """The machine-readable form."""
        return {
            "setting": self.setting,
            "last": self.last,
            "count": self.count,
            "ratio": round(self.ratio, 6),
        }


@dataclass(frozen=True)
class Solution:
    """The nearest setting, and the next smaller and larger ones that give something else."""

    spec: Spec
    over: str
    budget: Budget
    nearest: Point
    below: Point | None
    above: Point | None
    evaluations: int
    notes: tuple[str, ...] = ()

    def points(self) -> Iterator[Point]:
        """What was found, by setting."""
        yield from (point for point in (self.below, self.nearest, self.above) if point)


def solve(
    spec: Spec,
    over: str,
    budget: Budget,
    limits: Limits | None = None,
) -> Solution:
    """Find the setting of `over` whose network is nearest to a budget.

    Args:
        spec: the network, with the other parameters set.
        over: a parameter that is a whole number, or a list of them. A list is scaled as a whole:
            its smallest entry takes whole numbers, the others keep their ratio to it, rounded.
        budget: what to come near to.
        limits: networks above them count as larger than any budget.

    Raises:
        ArchdslError: A2xx or A3xx if the spec makes no network; A114 if `over` is not a suitable
            parameter; A414 if no setting reaches the budget.
    """
    shape = whole(spec, over)
    limits = limits or Limits()
    allowance = Allowance(limits)
    count = partial(_count, spec, over, shape, budget.by, allowance)
    if count(min(shape)) is None:
        measure(spec, budget.by, limits)  # says why
    try:
        found = nearest(count, min(shape), budget.amount)
    except UnreachedError as missed:
        if not missed.known:
            measure(spec, budget.by, limits)  # says how large it is
        raise unreached(over, budget, missed.known) from None
    below, best, above = (
        _point(flat, shape, budget) for flat in (found.below, found.nearest, found.above)
    )
    assert best is not None
    return Solution(spec, over, budget, best, below, above, found.evaluations, _notes(over, found))


def whole(spec: Spec, over: str) -> tuple[int, ...]:
    """The present value of a parameter. Raises ArchdslError (A114) if it has no whole numbers."""
    values = spec.parameters.values
    if over not in values:
        near = difflib.get_close_matches(over, values, 1)
        known = "parameters here: " + (", ".join(values) or "none")
        help = f"did you mean `{near[0]}`?" if near else known
        raise fail("A114", f"the spec has no parameter `{over[:80]}`", help=help)
    if over in spec.parameters.choices:
        raise fail("A114", f"`{over}` is a choice of words: there is nothing in between")
    value = values[over]
    numbers = value if isinstance(value, tuple) else (value,)
    found = tuple(number for number in numbers if isinstance(number, int) and number > 0)
    if len(found) < len(numbers):
        said = "a list of whole numbers" if isinstance(value, tuple) else "a whole number"
        raise fail("A114", f"`{over}` is not {said} above 0, so it has no sizes to try")
    return found


def scaled(shape: tuple[int, ...], size: int) -> Setting:
    """A value with its smallest entry at a size.

    >>> scaled((12,), 24), scaled((16, 32, 64), 20)
    (24, [20, 40, 80])
    """
    if len(shape) == 1:
        return size
    least = min(shape)
    return [max(1, (2 * entry * size + least) // (2 * least)) for entry in shape]


def unreached(over: str, budget: Budget, known: Mapping[int, int]) -> ArchdslError:
    """The error of a budget that is too small or too large for a parameter."""
    counts = known.values()
    return fail(
        "A414",
        f"no setting of {over} reaches {budget.said}",
        note=f"sizes {min(known):,} to {max(known):,} of {over} give {min(counts):,} to "
        f"{max(counts):,}",
        help="set another parameter too, or look --over another one",
    )


def _count(
    spec: Spec,
    over: str,
    shape: tuple[int, ...],
    by: str,
    allowance: Allowance,
    setting: int,
) -> float | None:
    """What a size gives; endless if it is too large to build, None if it makes no network.

    Raises: ArchdslError: A305 if too much was built for other sizes already.
    """
    try:
        spec = spec.with_settings({over: scaled(shape, setting)})
        taken = size(spec)
    except ArchdslError as error:
        return inf if error.exit == Exit.LIMIT else None
    allowance.take(taken)
    try:
        return measure(spec, by, allowance.limits)
    except ArchdslError as error:
        return inf if error.exit == Exit.LIMIT else None


def _point(flat: Flat | None, shape: tuple[int, ...], budget: Budget) -> Point | None:
    if flat is None:
        return None
    ratio = flat.value / budget.amount
    return Point(scaled(shape, flat.first), scaled(shape, flat.last), flat.value, ratio)


def _notes(over: str, found: Found) -> tuple[str, ...]:
    if found.monotone:
        return ()
    low, high = found.tried
    said = f"counts do not simply rise or fall with {over}, or it has settings that make no network"
    many = "all sizes" if found.whole else f"{found.evaluations} sizes"
    tried = f"{many} from {low:,} to {high:,} were counted"
    return (said, tried if found.whole else f"{tried}; another one may be nearer")
