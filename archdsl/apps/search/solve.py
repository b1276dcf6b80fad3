"""Find the setting of a parameter whose network is nearest to a budget."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any

from archdsl.apps.search.counting import QUANTITIES, measure
from archdsl.apps.search.nearest import Found, UnreachedError, nearest
from archdsl.apps.search.values import Flat
from archdsl.counted import counted
from archdsl.errors import ArchdslError, Exit, fail
from archdsl.frontend.load import Spec
from archdsl.lowering.limits import Allowance, Limits
from archdsl.lowering.network import size

Setting = int | list[int]


@dataclass(frozen=True)
class Budget:
    """An amount of one of `QUANTITIES`."""

    by: str
    amount: int

    @property
    def words(self) -> str:
        """Return the budget as text."""
        return f"{self.amount:,} {QUANTITIES[self.by][0]}"


@dataclass(frozen=True)
class Point:
    """A setting, its count, and the ratio to the budget; settings up to `last` give the same."""

    setting: Setting
    last: Setting
    count: int
    ratio: float

    def as_dict(self) -> dict[str, Any]:
        """Return the point as plain values, ready for JSON."""
        return {
            "setting": self.setting,
            "last": self.last,
            "count": self.count,
            "ratio": round(self.ratio, 6),
        }


@dataclass(frozen=True)
class Solution:
    """The nearest setting, and the next smaller and larger ones that give a different count."""

    spec: Spec
    over: str
    budget: Budget
    nearest: Point
    below: Point | None
    above: Point | None
    evaluations: int
    notes: tuple[str, ...] = ()

    def points(self) -> Iterator[Point]:
        """Yield the points, by setting."""
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
        budget: the amount to come close to.
        limits: networks above them count as larger than any budget.

    Raises:
        ArchdslError: A2xx or A3xx if the spec is invalid or too large; A114 if `over` is not a
            suitable parameter; A414 if no setting reaches the budget.
    """
    shape = whole(spec, over)
    limits = limits or Limits()
    allowance = Allowance(limits)
    count = partial(_count, spec, over, shape, budget.by, allowance)
    if count(min(shape)) is None:
        measure(spec, budget.by, limits)  # raises the reason
    try:
        result = nearest(count, min(shape), budget.amount)
    except UnreachedError as missed:
        if not missed.values:
            measure(spec, budget.by, limits)  # raises its size
        raise unreached(over, budget, missed.values) from None
    below, best, above = (
        _point(flat, shape, budget) for flat in (result.below, result.nearest, result.above)
    )
    assert best is not None
    return Solution(
        spec, over, budget, best, below, above, result.evaluations, _notes(over, result)
    )


def whole(spec: Spec, over: str) -> tuple[int, ...]:
    """Return the value of a parameter as positive integers.

    Args:
        spec: the spec, with its settings.
        over: the parameter.

    Returns:
        One integer, or the entries of a list.

    Raises:
        ArchdslError: A114 if there is no such parameter, or it is not made of positive integers.
    """
    values = spec.parameters.values
    if over not in values:
        near = difflib.get_close_matches(over, values, 1)
        names = "parameters here: " + (", ".join(values) or "none")
        help = f"did you mean `{near[0]}`?" if near else names
        raise fail("A114", f"the spec has no parameter `{over[:80]}`", help=help)
    if over in spec.parameters.choices:
        raise fail("A114", f"`{over}` is a choice of words: there is nothing in between")
    value = values[over]
    numbers = value if isinstance(value, tuple) else (value,)
    positive = tuple(number for number in numbers if isinstance(number, int) and number > 0)
    if len(positive) < len(numbers):
        noun = "a list of whole numbers" if isinstance(value, tuple) else "a whole number"
        raise fail("A114", f"`{over}` is not {noun} above 0, so it has no sizes to try")
    return positive


def scaled(shape: tuple[int, ...], size: int) -> Setting:
    """Return a value scaled so that its smallest entry is `size`, rounded.

    Args:
        shape: the value to scale; one entry stands for a plain number.
        size: the smallest entry of the result.

    >>> scaled((12,), 24), scaled((16, 32, 64), 20)
    (24, [20, 40, 80])

    Args:
        shape: the value before, as `whole` returns it.
        size: the smallest entry of the result.

    Returns:
        An integer if `shape` has one entry, else a list whose entries keep their ratios.
    """
    if len(shape) == 1:
        return size
    least = min(shape)
    return [max(1, (2 * entry * size + least) // (2 * least)) for entry in shape]


def unreached(over: str, budget: Budget, values: Mapping[int, int]) -> ArchdslError:
    """Return the error for a budget that is too small or too large.

    Args:
        over: the parameter.
        budget: the budget.
        values: counts by size; not empty.
    """
    counts = values.values()
    return fail(
        "A414",
        f"no setting of {over} reaches {budget.words}",
        note=f"sizes {min(values):,} to {max(values):,} of {over} give {min(counts):,} to "
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
    """Return the count at a size; infinite if it is too large to build, None if it is invalid.

    Raises:
        ArchdslError: A305 if too much was built for other sizes already.
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


def _notes(over: str, result: Found) -> tuple[str, ...]:
    if result.monotone:
        return ()
    low, high = result.tried
    uneven = (
        f"counts do not simply rise or fall with {over}, or it has settings that make no network"
    )
    many = "all sizes" if result.whole else counted(result.evaluations, "size")
    tried = f"{many} from {low:,} to {high:,} were counted"
    return (uneven, tried if result.whole else f"{tried}; another one may be nearer")
