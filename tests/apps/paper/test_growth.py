"""Fits find the class that numbers were made from, exact or rounded to whole ones."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from archdsl.apps.scaling.growth import CLASSES, FEWEST, Number, deeper_half, growth

EVERY: dict[str, Callable[[int], Number]] = {
    "1": lambda n: 1,
    "log N": lambda n: Fraction(log2(n)),
    "N": lambda n: n,
    "N log N": lambda n: n * Fraction(log2(n)),
    "N^2": lambda n: n * n,
    "2^N": lambda n: 2**n,
}
DEPTHS = [2**power for power in range(4, 15)]


@st.composite
def depths(draw: DrawFn) -> list[int]:
    """Powers of two, as many as a range of depths has."""
    first = draw(st.integers(3, 7))
    return [2**power for power in range(first, first + draw(st.integers(8, 11)))]


@st.composite
def made(draw: DrawFn, name: str) -> dict[int, Fraction]:
    """A count of this class: its function, with terms below it that a network could have."""
    leading = draw(st.integers(20, 10**6))
    per_layer = draw(st.integers(0, 3 * leading)) if name in {"N log N", "N^2"} else 0
    constant = draw(st.integers(0, 3 * leading)) if name not in {"1", "log N"} else 0
    return {
        depth: Fraction(leading * EVERY[name](depth) + per_layer * depth + constant)
        for depth in draw(depths())
    }


def test_every_class_is_tried() -> None:
    assert list(CLASSES) == list(EVERY)


@pytest.mark.parametrize("name", EVERY)
@given(data=st.data())
def test_exact_counts_have_their_class(name: str, data: st.DataObject) -> None:
    found = growth(data.draw(made(name)))
    assert found
    assert found.name == name
    assert found.residual < 1e-9


@pytest.mark.parametrize("name", EVERY)
@given(data=st.data(), divisor=st.integers(1, 7))
def test_rounded_counts_have_their_class(name: str, data: st.DataObject, divisor: int) -> None:
    counts = data.draw(made(name))
    found = growth({depth: round(count / divisor) for depth, count in counts.items()})
    assert found
    assert found.name == name
    assert found.residual < 0.05


@pytest.mark.parametrize("name", EVERY)
def test_nothing_else_is_as_near(name: str) -> None:
    """Where the class is not on offer, no other leads, or the best of them is far off."""
    counts = {depth: 3 * EVERY[name](depth) for depth in DEPTHS}
    others = {other: terms for other, terms in CLASSES.items() if other != name}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("archdsl.apps.scaling.growth.CLASSES", others)
        found = growth(counts)
    assert found is None or found.residual > 0.01


@given(made("N log N"), st.integers(2, 10**9))
def test_units_do_not_matter(counts: dict[int, Fraction], factor: int) -> None:
    small, large = growth(counts), growth({n: factor * q for n, q in counts.items()})
    assert small
    assert large
    assert small.name == large.name


@given(made("N"), st.randoms())
def test_order_does_not_matter(counts: dict[int, Fraction], random: object) -> None:
    assert growth(counts) == growth(dict(reversed(counts.items())))


def test_leading_term_must_lead() -> None:
    """A square in the thousandths has not shown itself yet: this is still linear."""
    counts = {depth: 10**6 * depth + depth**2 for depth in DEPTHS}
    found = growth(counts)
    assert found
    assert found.name == "N"
    assert 0 < found.residual < 0.05


def test_falling_counts_have_no_growth_but_a_constant() -> None:
    found = growth({depth: 10**6 - depth for depth in DEPTHS})
    assert found
    assert found.name == "1"


def test_zeros_are_constant() -> None:
    found = growth(dict.fromkeys(DEPTHS, 0))
    assert found
    assert (found.name, found.residual) == ("1", 0.0)


def test_too_few_depths_have_no_class() -> None:
    assert growth({depth: depth for depth in DEPTHS[: FEWEST - 1]}) is None
    found = growth({depth: depth for depth in DEPTHS[:FEWEST]})
    assert found
    assert (found.name, found.points) == ("N", FEWEST)


@pytest.mark.parametrize(("given", "fitted"), [(2, 2), (4, 4), (6, 4), (8, 4), (9, 5), (11, 6)])
def test_deeper_half_is_fitted(given: int, fitted: int) -> None:
    assert deeper_half(DEPTHS[:given][::-1]) == DEPTHS[given - fitted : given]
