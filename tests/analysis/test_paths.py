"""Gradient paths against plain searches, and against what the paper says of them."""

from __future__ import annotations

import random

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.networks import EVERY_KIND, network, stage, table
from analysis.test_links import rules
from archdsl.analysis import paths
from archdsl.language.rule import Rule
from archdsl.language.rules import Explicit, Exponential, Full, Offsets, Plain, Window


def sparse(base: int) -> Exponential:
    return Exponential(rule="exponential", base=base)


def as_table(rule: Rule, layers: int) -> Explicit:
    return table(*(tuple(rule.reads(layer)) for layer in range(1, layers + 1)))


@st.composite
def tables(draw: st.DrawFn) -> Explicit:
    """Any reads at all."""
    layers = draw(st.integers(1, 14))
    rows = [
        draw(st.sets(st.integers(0, layer - 1), min_size=1, max_size=3))
        for layer in range(1, layers + 1)
    ]
    return table(*rows)


def all_lengths(rule: Rule, layers: int) -> dict[tuple[int, int], tuple[int, int]]:
    """(fewest, most) links for every i < j that has a path, by going through all of them."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for i in range(layers + 1):
        lengths = {i: {0}}
        for j in range(i + 1, layers + 1):
            ways = {1 + n for read in rule.reads(j) for n in lengths.get(read, ())}
            if ways:
                lengths[j] = ways
                found[i, j] = (min(ways), max(ways))
    return found


@given(st.one_of(rules, tables()), st.integers(1, 14))
def test_every_pair_and_the_largest_of_them(rule: Rule, layers: int) -> None:
    rule = rule.for_layers(layers)
    layers = len(rule.table) if isinstance(rule, Explicit) else layers
    known = all_lengths(rule, layers)
    for i in range(layers + 1):
        for j in range(i + 1, layers + 1):
            assert paths.between(rule, i, j) == known.get((i, j))
    pairs = [length for (i, _), length in known.items() if i > 0]
    assert paths.shortest(rule, layers) == max((few for few, _ in pairs), default=0)
    assert paths.longest(rule, layers) == max((many for _, many in pairs), default=0)


@given(rules, st.integers(1, 90))
def test_distances_and_tables_agree(rule: Rule, layers: int) -> None:
    rule = rule.for_layers(layers)
    written = as_table(rule, layers)
    assert paths.shortest(rule, layers) == paths.shortest(written, layers)
    assert paths.longest(rule, layers) == paths.longest(written, layers)


@given(st.integers(20, 400), st.integers(1, 3), st.integers(2, 60), st.randoms())
def test_wide_tables_against_networkx(
    layers: int, count: int, back: int, chance: random.Random
) -> None:
    rows = [
        tuple({max(0, layer - 1 - chance.randrange(back)) for _ in range(count)})
        for layer in range(1, layers + 1)
    ]
    network = nx.DiGraph((j, i) for j, row in enumerate(rows, 1) for i in row if i)
    farthest = [max(away.values()) for _, away in nx.all_pairs_shortest_path_length(network)]
    assert paths.shortest(table(*rows), layers) == max(farthest, default=0)


def test_tables_may_name_an_output_twice() -> None:
    rule = Explicit.model_construct(rule="explicit", table=((0,), (1, 1), (2, 2), (3, 1, 3)))
    assert paths.shortest(rule, 4) == 2


@pytest.mark.parametrize("base", [2, 3, 4, 5])
def test_the_fewest_links_of_an_exponential_rule_are_a_digit_sum(base: int) -> None:
    for distance in range(1, 1025):
        digits, rest = 0, distance
        while rest:
            digits, rest = digits + rest % base, rest // base
        assert paths.between(sparse(base), 3, 3 + distance) == (digits, distance)


@pytest.mark.parametrize(
    ("rule", "layers", "fewest"),
    [
        (sparse(2), 16, 4),
        (sparse(2), 166, 7),
        (sparse(10**15), 30, 29),
        (Full(rule="full"), 1, 0),
        (Full(rule="full"), 2, 1),
        (Full(rule="full"), 2000, 1),
        (Plain(rule="plain"), 1, 0),
        (Plain(rule="plain"), 500, 499),
        (Window(rule="window", last=7), 71, 10),
        (Offsets.model_construct(rule="offsets", distances=(5, 1)), 30, 9),
    ],
)
def test_named_rules(rule: Rule, layers: int, fewest: int) -> None:
    rule = rule.for_layers(layers)
    assert paths.shortest(rule, layers) == fewest
    assert paths.longest(rule, layers) == layers - 1


def test_a_layer_is_no_links_from_itself() -> None:
    assert paths.between(sparse(2), 4, 4) == (0, 0)
    assert paths.between(table([0]), 1, 1) == (0, 0)


def test_what_cannot_be_reached_is_left_out() -> None:
    rule = table([0], [0], [2], [3, 0])
    assert paths.between(rule, 1, 4) is None
    assert paths.between(rule, 0, 4) == (1, 3)
    assert (paths.shortest(rule, 4), paths.longest(rule, 4)) == (2, 2)


def test_the_deepest_stages_are_quick() -> None:
    """With one step per pair of layers these would not come to an end."""
    assert paths.shortest(sparse(2), 100_000) == 16
    assert paths.shortest(Full(rule="full"), 100_000) == 1
    assert paths.shortest(Window(rule="window", last=1000), 100_000) == 100
    chain = Explicit.model_construct(
        rule="explicit", table=tuple((layer - 1,) for layer in range(1, 5001))
    )
    assert paths.shortest(chain, 5000) == 4999


def test_deeper_tables_are_not_counted() -> None:
    rule = Explicit.model_construct(rule="explicit", table=tuple((i,) for i in range(5001)))
    assert paths.shortest(rule, 5001) is None
    assert paths.longest(rule, 5001) == 5000


def test_across_a_network() -> None:
    graph = network(
        stages=stage(count="2", layers="4"),
        between="{kind: transition, width: 8}",
    )
    assert paths.across(graph, "stem", "head") == (2, 10)
    assert paths.across(graph, "head", "stem") == (2, 10)
    assert paths.across(graph, "stem", "stages.0.layers.3") == (1, 4)
    assert paths.across(graph, "stages.0.layers.2", "stages.1.layers.0") == (2, 3)
    assert paths.across(graph, "stem", "stem") == (0, 0)


def test_across_a_running_sum_every_layer_is_next_to_every_other() -> None:
    graph = EVERY_KIND["running"]
    assert paths.across(graph, "stages.0.layers.0", "stages.0.layers.2") == (1, 2)
    assert paths.across(graph, "stem", "stages.0.layers.2") == (1, 3)


def test_across_no_road() -> None:
    graph = EVERY_KIND["unread outputs"]
    assert paths.across(graph, "stages.0.layers.1", "head") is None
    assert paths.across(graph, "stages.0.layers.0", "stages.0.layers.1") is None


@given(rules, st.integers(2, 12), st.data())
def test_across_one_stage_is_between(rule: Rule, layers: int, data: st.DataObject) -> None:
    rule = rule.for_layers(layers)
    reads = [list(rule.reads(layer)) for layer in range(1, layers + 1)]
    connect = f"{{rule: explicit, reads: {reads}}}"
    graph = network(stages=stage(layers=str(layers), connect=connect, exit="last"), head="")
    i, j = sorted(data.draw(st.tuples(*[st.integers(1, layers)] * 2)))
    names = [f"stages.0.layers.{layer - 1}" for layer in (i, j)]
    assert paths.across(graph, names[0], names[1]) == paths.between(rule, i, j)
