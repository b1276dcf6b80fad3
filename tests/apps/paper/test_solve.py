"""`archdsl solve`: the nearest setting is the one that trying all of them finds."""

from __future__ import annotations

import json
import sys
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.apps.search.counting import amount, measure
from archdsl.apps.search.nearest import MOST, UnreachedError, nearest
from archdsl.apps.search.solve import Budget, Solution, scaled, solve
from archdsl.apps.search.values import Flat
from archdsl.cli.main import run
from archdsl.errors import ArchdslError, Source
from archdsl.frontend.files import read_file
from archdsl.frontend.load import parse
from archdsl.lowering.limits import Limits

SPECS = Path(__file__).parents[3] / "specs"
SMALL = """archdsl: 1
name: small
params:
  depth: 8
  growth: 8
  stem: 2 * first(growth)
  groups: 1
  rate: 0.5
  block: basic | double
input: [3, 16, 16]
stem: [{conv: {width: stem}}]
stages:
  count: 2
  layers: depth // 4
  unit: [{conv: {width: growth, groups: groups}}]
  connect: full
  aggregate: concat
head: [{pool: {to: 1}}, flatten, {linear: {width: 10}}]
"""


def small(over: str, goal: int, by: str = "parameters", **settings: Any) -> Solution:
    return solve(parse(SMALL, settings), over, Budget(by, goal))


def count(by: str = "parameters", **settings: Any) -> int:
    return measure(parse(SMALL, settings), by, Limits())


# ---- the search alone ----------------------------------------------------------------------------


@given(
    steps=st.lists(st.integers(0, 50), min_size=2, max_size=200),
    start=st.integers(1, 200),
    goal=st.integers(-20, 6_000),
    rises=st.booleans(),
)
def test_bisection_finds_what_trying_all_finds(
    steps: list[int], start: int, goal: int, rises: bool
) -> None:
    values = [sum(steps[: place + 1]) for place in range(len(steps))]
    values = values if rises else values[::-1]
    start = min(start, len(values))

    def function(number: int) -> int | None:
        return values[number - 1] if 1 <= number <= len(values) else None

    best = min(abs(value - goal) for value in values)
    try:
        found = nearest(function, start, goal)
    except UnreachedError as missed:
        # A long flat end is taken for the end.
        seen = missed.values.values()
        assert not min(seen) <= goal <= max(seen)
        return
    assert found.evaluations <= MOST
    assert abs(found.nearest.value - goal) == best or not found.monotone or not found.whole
    assert values[found.nearest.first - 1] == values[found.nearest.last - 1] == found.nearest.value


def test_neighbours_are_the_next_other_values() -> None:
    found = nearest(lambda n: n // 3, 30, 20)
    assert found.nearest == Flat(60, 62, 20)
    assert found.below == Flat(57, 59, 19)
    assert found.above == Flat(63, 65, 21)
    assert found.monotone


def test_uneven_values_are_scanned() -> None:
    found = nearest(lambda n: n + 10 * (n % 7), 40, 59)
    assert not found.monotone
    assert found.whole
    assert abs(found.nearest.value - 59) == min(abs(n + 10 * (n % 7) - 59) for n in range(1, 90))


def test_gaps_are_scanned() -> None:
    found = nearest(lambda n: n * n if n % 4 == 0 else None, 12, 500)
    assert found.nearest == Flat(24, 24, 576)
    assert found.below == Flat(20, 20, 400)
    assert found.above == Flat(28, 28, 784)


def test_a_wide_scan_stays_within_its_evaluations() -> None:
    found = nearest(lambda n: n + 1_000 * (n % 2), 10_000, 5_000)
    assert found.evaluations <= MOST
    assert not found.whole


def test_what_is_too_large_is_beyond_every_goal() -> None:
    found = nearest(lambda n: n if n < 100 else inf, 1_000_000, 70)
    assert found.nearest == Flat(70, 70, 70)
    assert nearest(lambda n: n if n < 100 else inf, 10, 99).above is None


def test_values_that_do_not_change_end_the_search() -> None:
    with pytest.raises(UnreachedError):
        nearest(lambda n: 5, 8, 9)


# ---- networks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("goal", [1_000, 9_876, 250_000])
def test_growth_is_the_nearest_of_all(goal: int) -> None:
    found = small("growth", goal)
    counts = {size: count(growth=size) for size in range(1, 60)}
    assert found.nearest.count == min(counts.values(), key=lambda value: abs(value - goal))
    assert found.nearest.count == counts[found.nearest.setting]  # type: ignore[index]
    assert found.evaluations <= MOST
    assert not found.notes


def test_other_quantities() -> None:
    for by in ("macs", "activation-bytes"):
        goal = count(by, growth=21)
        assert small("growth", goal, by).nearest.setting == 21


def test_settings_that_give_the_same_are_told_together() -> None:
    found = small("depth", count(depth=16))
    assert (found.nearest.setting, found.nearest.last) == (16, 19)
    assert found.below is not None
    assert found.above is not None
    assert (found.below.setting, found.above.setting) == (12, 20)


def test_a_list_is_scaled_as_a_whole() -> None:
    goal = count(growth=[12, 24])
    found = small("growth", goal, growth=[8, 16])
    assert found.nearest.setting == [12, 24]
    assert scaled((6, 12, 24, 16), 7) == [7, 14, 28, 19]
    assert scaled((3, 2), 1) == [2, 1]


def test_settings_that_make_no_network_are_passed_over() -> None:
    found = small("growth", 60_000, groups=2, stem=4, growth=6)
    assert found.notes
    assert isinstance(found.nearest.setting, int)
    assert found.nearest.setting % 2 == 0


@pytest.mark.parametrize(
    ("over", "code", "said"),
    [
        ("grwth", "A114", "no parameter"),
        ("block", "A114", "choice of words"),
        ("rate", "A114", "whole number"),
        ("groups", "A414", "reaches"),
    ],
)
def test_what_cannot_be_looked_over(over: str, code: str, said: str) -> None:
    with pytest.raises(ArchdslError) as caught:
        small(over, 10**9)
    assert caught.value.diagnostics[0].code == code
    assert said in caught.value.diagnostics[0].message


def test_an_unreached_budget_says_what_is_reached() -> None:
    with pytest.raises(ArchdslError) as caught:
        small("growth", 3)
    assert f"give {count(growth=1):,} to" in (caught.value.diagnostics[0].note or "")


def test_a_spec_that_is_wrong_says_so() -> None:
    with pytest.raises(ArchdslError) as caught:
        small("growth", 10_000, groups=3)
    assert caught.value.diagnostics[0].code == "A215"


def test_limits_hold() -> None:
    with pytest.raises(ArchdslError) as caught:
        solve(parse(SMALL), "growth", Budget("parameters", 10**6), limits=Limits(layers=1))
    assert caught.value.diagnostics[0].code == "A301"
    found = solve(
        parse(SMALL), "growth", Budget("parameters", 900), limits=Limits(parameters=1_000)
    )
    assert found.nearest.count < 1_000


@pytest.mark.parametrize(
    ("text", "number"), [("123456", 123_456), ("7,189,468", 7_189_468), ("7.2M", 7_200_000)]
)
def test_budgets(text: str, number: int) -> None:
    assert amount(text) == number


# ---- the command ---------------------------------------------------------------------------------


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["archdsl", "solve", *arguments])
        code = run()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


SPARSE = str(SPECS / "sparsenet-cifar.yaml")
DENSE = str(SPECS / "densenet-cifar.yaml")


def test_command_compares_two_topologies(call: Any) -> None:
    code, out, err = call(SPARSE, "--like", DENSE, "--like-set", "depth=40", "--over", "growth",
                          "--set", "depth=40")  # fmt: skip
    assert (code, err) == (0, "")
    assert "growth for 1,100,428 parameters" in out
    assert out.endswith("use --set growth=29\n")


def test_command_prints_json_and_quotes_lists(call: Any) -> None:
    arguments = (SPARSE, "--parameters", "1M", "--over", "growth", "--set", "depth=22",
                 "--set", "growth=[16, 32, 64]")  # fmt: skip
    code, out, _ = call(*arguments, "--json")
    found = json.loads(out)
    setting = found["nearest"]["setting"]
    assert code == 0
    assert setting == [setting[0], 2 * setting[0], 4 * setting[0]]
    assert f"--set 'growth={setting}'" in call(*arguments)[1]
    spec = parse(Source("", read_file(Path(SPARSE)).text), found["settings"])
    assert measure(spec, "parameters", Limits()) == found["nearest"]["count"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--parameters", "1M", "--macs", "1G"),
        ("--parameters", "many"),
        ("--parameters", "0"),
        ("--parameters", "1M", "--like-set", "depth=40"),
    ],
)
def test_command_takes_one_budget(call: Any, arguments: tuple[str, ...]) -> None:
    code, out, err = call(SPARSE, "--over", "growth", *arguments)
    assert (code, out) == (2, "")
    assert "A414" in err
