"""A parameter that changes nothing is mentioned, and no other one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from archdsl.frontend.load import parse
from archdsl.lowering import lower
from strategies import Case, specs

SPEC = """archdsl: 1
name: net
params: {params}
input: [3, 8, 8]
stages:
  count: 1
  layers: {layers}
  unit: {unit}
  connect: {connect}
  aggregate: concat
{more}
"""
UNIT = "{kind: basic, order: pre, width: 8}"


def unused(
    params: str,
    sets: dict[str, Any] | None = None,
    *,
    layers: str = "2",
    unit: str = UNIT,
    connect: str = "full",
    more: str = "",
) -> list[str]:
    text = SPEC.format(params=params, layers=layers, unit=unit, connect=connect, more=more)
    notes = parse(text, sets).notes
    assert {(d.code, d.level) for d in notes} <= {("A116", "warning")}
    line = text.splitlines()[2]
    return [line[d.span.column - 1 :][: d.span.width] for d in notes if d.span and d.span.line == 3]


USES: dict[str, dict[str, str]] = {
    "a number of the stage": {"layers": "2 * x"},
    "a unit": {"unit": UNIT.replace("8", "x + 1")},
    "a layer in a unit": {"unit": "[relu, {conv: {width: 8, kernel: x}}]"},
    "a dropout": {"unit": "[{dropout: x / 2}, relu]"},
    "one of the listed units": {"layers": f"[{UNIT}, [{{conv: {{width: x}}}}]]", "unit": "null"},
    "an entry of a list": {"unit": UNIT.replace("8", "[x]")},
    "a rule": {"connect": "{rule: exponential, base: x + 1}"},
    "an entry of a rule's list": {"connect": "{rule: offsets, offsets: [1, x + 1]}"},
    "the head": {"more": "head: [flatten, {linear: {width: x}}]"},
    "the stem": {"more": "stem: [{pool: {kernel: x}}]"},
    "between": {"more": "between: {kind: transition, width: x}"},
}


@pytest.mark.parametrize("use", USES)
def test_used_anywhere_is_used(use: str) -> None:
    assert unused("{x: 1}", None, **USES[use]) == []
    assert unused("{x: 1, y: 2}", None, **USES[use]) == ["y"]


def test_a_number_of_the_input_is_used() -> None:
    text = SPEC.replace("[3, 8, 8]", "[3, x, x]")
    spec = text.format(params="{x: 8}", layers="2", unit=UNIT, connect="full", more="")
    assert not parse(spec).notes


@pytest.mark.parametrize(
    "more", ["description: x", "expect: {when: {x: 3}, links: {value: 3, source: here}}"]
)
def test_what_builds_nothing_uses_nothing(more: str) -> None:
    assert unused("{x: 1}", more=more) == ["x"]


def test_used_through_others() -> None:
    chain = "{x: 1, y: x + 1, z: '[y, y]'}".replace("'", "")
    assert unused(chain, unit=UNIT.replace("8", "first(z)")) == []
    assert unused(chain) == ["x", "y", "z"]


def test_a_setting_uses_and_frees_nothing_that_the_file_reads() -> None:
    width = UNIT.replace("8", "y")
    assert unused("{x: 1, y: 8}", unit=width) == ["x"]
    assert unused("{x: 1, y: 8}", {"y": "x + 7"}, unit=width) == []
    assert unused("{x: 1, y: 8 * x}", {"y": 8}, unit=width) == []


def test_choices_are_used_by_their_name_where_a_word_stands() -> None:
    choice = "{rule: plain | full, kind: basic | double}"
    assert unused(choice, connect="rule") == ["kind"]
    assert unused(choice, connect="{rule: rule}", unit=UNIT.replace("basic", "kind")) == []


def test_a_word_with_the_name_of_a_number_is_not_its_use() -> None:
    assert unused("{full: 1, relu: 2}", unit="[relu]", connect="full") == ["full", "relu"]


@settings(max_examples=150)
@given(specs())
def test_a_parameter_is_mentioned_exactly_if_it_changes_nothing(case: Case) -> None:
    """`classes` is a plain width: either it is mentioned, or another value is another network."""
    spec, other = parse(case.text), parse(case.text, {"classes": 7})
    same = lower(spec).graph == lower(other).graph
    mentioned = any("`classes`" in note.message for note in spec.notes)
    assert same == mentioned
