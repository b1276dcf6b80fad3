"""Every rule with every aggregation, in a stage and in a block inside it: files equal the oracle.

Each spec has one pair in its stages and another one in the blocks of its units. Over all specs
every pair that is not refused is in stages of their own, in stages that are one sequence, and in
a block. What is drawn at random would miss some pairs.
"""

from __future__ import annotations

from itertools import product
from math import gcd
from typing import Any, get_args

import pytest

from archdsl.api import check_text
from archdsl.errors import ArchdslError
from archdsl.language.aggregations import AGGREGATIONS
from archdsl.language.rules import RULES
from backends.networks import assert_equals_oracle, of_checked

Pair = tuple[str, str]

RULE_KEYS = {
    "window": "last: 2",
    "offsets": "offsets: [1, 2]",
    "strided": "step: 2",
    "fractal": "columns: 2",
    "explicit": "reads: [[0], [1], [2, 1, 0], [3, 1, 0]]",
    "random": "model: ba, m: 1, nodes: 3, seed: 1",
}
"""Keys that rules need, for three layers."""

AGGREGATION_KEYS = {"dual": "sum: 2", "mixed": "inner: 2", "streams": "count: 2"}

PLACES = ("stage", "network", "block")
"""Where a pair is: in stages of their own, in stages that are one sequence, in a block."""


def words(models: Any, key: str) -> list[str]:
    """The keywords of all rules or aggregations."""
    return [get_args(model.model_fields[key].annotation)[0] for model in models]


PAIRS = list(product(words(RULES, "rule"), words(AGGREGATIONS, "kind")))


def spec(outer: Pair, inner: Pair, scope: str) -> str:
    """Two stages with one pair, whose units have a block with another pair.

    Args:
        outer: rule and aggregation of the stages.
        inner: rule and aggregation of the blocks.
        scope: `stage` or `network`.
    """
    part = "[{conv: {width: 4, kernel: 1}}, norm, tanh]"
    block = f"{{layers: 3, unit: {part}, {keys(inner)}}}"
    unit = f"[{{conv: 4}}, {{block: {block}}}, {{conv: 4}}, norm, tanh]"
    carried = "{count: 2, layers: [2, 1], carry: [{conv: incoming}, {pool: {kernel: 2}}]"
    head = carried if scope == "network" else "{count: 2, layers: 3"
    between = "" if scope == "network" else "between: [{conv: 4}, {pool: {kernel: 2}}]\n"
    return f"""archdsl: 2
name: net
input: [4, 4, 4]
stages: {head}, unit: {unit}, {keys(outer, scope)}}}
{between}"""


def keys(pair: Pair, scope: str = "stage") -> str:
    """The keys `connect` and `aggregate` of a pair."""
    rule, kind = pair
    numbers = f", {RULE_KEYS[rule]}" if rule in RULE_KEYS else ""
    connect = f"{{rule: {rule}, scope: {scope}{numbers}}}"
    numbers = f", {AGGREGATION_KEYS[kind]}" if kind in AGGREGATION_KEYS else ""
    return f"connect: {connect}, aggregate: {{kind: {kind}{numbers}}}"


def alone(pair: Pair, place: str) -> str:
    """A spec with a pair at one place, and the plainest pair at the other."""
    plain = ("plain", "sum")
    return spec(plain, pair, "stage") if place == "block" else spec(pair, plain, place)


BUT_FULL = (
    "plain exponential window offsets fractal explicit harmonic strided every entry mirror random"
)
NOT_THREE = "full exponential window offsets fractal harmonic strided every mirror"
REFUSED = {
    "running": ("A219", BUT_FULL),
    "mixed": ("A219", BUT_FULL),
    "highway": ("A228", NOT_THREE),
}
"""The code with which an aggregation is refused, and the rules with which it is.

`running` and `mixed` hold all outputs before; `highway` joins three outputs.
"""
NOWHERE = {
    ("network", "running"): "A219",
    ("network", "mixed"): "A219",
}
"""Aggregations that a place refuses, with the code: those that hold outputs together in stages that
are one sequence.
"""


def refusal(pair: Pair, place: str) -> str | None:
    """The code with which a pair is refused at a place; None if it is not."""
    rule, kind = pair
    code, rules = REFUSED.get(kind, ("", ""))
    return code if rule in rules.split() else NOWHERE.get((place, kind))


def taken(place: str) -> list[Pair]:
    """The pairs that are not refused at a place."""
    return [pair for pair in PAIRS if refusal(pair, place) is None]


def design(scope: str) -> list[tuple[Pair, Pair]]:
    """Pairs of stages and of blocks: each pair that is taken there is in one of them.

    A step that shares no factor with the number of blocks brings different rules and aggregations
    together, and still passes over all blocks.
    """
    outer, inner = taken(scope), taken("block")
    count = max(len(outer), len(inner))
    step = next(step for step in range(37, 99) if gcd(step, len(inner)) == 1)
    return [(outer[i % len(outer)], inner[i * step % len(inner)]) for i in range(count)]


DESIGNS = [(scope, *pairs) for scope in ("stage", "network") for pairs in design(scope)]


def test_all_pairs_are_in_a_spec() -> None:
    assert len(PAIRS) == len(RULES) * len(AGGREGATIONS)
    for scope in ("stage", "network"):
        assert {outer for place, outer, _ in DESIGNS if place == scope} == set(taken(scope))
        assert {inner for place, _, inner in DESIGNS if place == scope} == set(taken("block"))


@pytest.mark.parametrize(
    ("scope", "outer", "inner"),
    DESIGNS,
    ids=[f"{scope}-{'-'.join(outer)}-{'-'.join(inner)}" for scope, outer, inner in DESIGNS],
)
def test_equals_the_oracle(scope: str, outer: Pair, inner: Pair) -> None:
    made = of_checked(check_text(spec(outer, inner, scope)))
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("place", PLACES)
def test_these_pairs_are_refused(place: str) -> None:
    for pair in PAIRS:
        if code := refusal(pair, place):
            with pytest.raises(ArchdslError) as caught:
                check_text(alone(pair, place))
            assert (pair, caught.value.diagnostics[0].code) == (pair, code)
