"""Every finding on a spec points to what it speaks of, and never falls back to the file's start."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from archdsl import Rule
from archdsl.api import check_text
from archdsl.errors import ArchdslError, Diagnostic, Span
from strategies import Case, dump, specs

SPEC = """archdsl: 1
name: net
params: {depth: 5}
input: [3, 8, 8]
stem: [relu, {conv: {width: STEM}}]
each:
  connect: EACH
  aggregate: concat
stages:
  - layers: 2
    unit: [relu, {conv: {width: UNIT}}]
  - layers:
      - [norm, {conv: {width: 4}}]
      - [norm, {dropout: LISTED}]
  - layers: depth // 2
    unit: {kind: basic, order: pre, width: NAMED}
    connect: OWN
head: [relu, flatten, {linear: {width: HEAD}}]
"""
USUAL = {
    "STEM": "4",
    "EACH": "full",
    "UNIT": "4",
    "LISTED": "0.5",
    "NAMED": "4",
    "OWN": "full",
    "HEAD": "4",
}
TOO_MANY = "[1, 2, 3, 4]"


class Boastful(Rule):
    """The chain, with a wrong count of its links."""

    rule: Literal["boastful"]

    def reads(self, layer: int) -> list[int]:
        return [layer - 1]

    def links(self, layers: int) -> int:
        return layers + 1


def pointed(**changes: str) -> tuple[str, str]:
    """The code of the only finding, and the line of the spec from where it points on."""
    text = SPEC
    for word, value in (USUAL | changes).items():
        text = text.replace(word, value)
    (finding,) = (d for d in findings(text, extend=[Boastful]) if d.level != "note")
    return finding.code, pointed_line(text, finding)


def pointed_line(text: str, finding: Diagnostic) -> str:
    assert finding.span
    return text.splitlines()[finding.span.line - 1][finding.span.column - 1 :]


def findings(text: str, **options: Any) -> tuple[Diagnostic, ...]:
    try:
        return check_text(text, **options).remarks
    except ArchdslError as error:
        return error.diagnostics


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"STEM": TOO_MANY}, "{conv: {width: [1, 2, 3, 4]}}]"),
        ({"UNIT": TOO_MANY}, "{conv: {width: [1, 2, 3, 4]}}]"),
        ({"LISTED": "[0, 0]"}, "{dropout: [0, 0]}]"),
        ({"NAMED": TOO_MANY}, "{kind: basic, order: pre, width: [1, 2, 3, 4]}"),
        ({"HEAD": TOO_MANY}, "{linear: {width: [1, 2, 3, 4]}}]"),
    ],
)
def test_a_list_that_does_not_fit_is_pointed_to_in_its_layer(
    change: dict[str, str], line: str
) -> None:
    assert pointed(**change) == ("A112", line)


@pytest.mark.parametrize("slot", ["EACH", "OWN"])
def test_a_large_base_is_pointed_to_in_its_stage_or_in_each(slot: str) -> None:
    rule = "{rule: exponential, base: 9}"
    changes = {slot: rule} if slot == "OWN" else {slot: rule, "OWN": "full"}
    text = SPEC
    for word, value in (USUAL | changes).items():
        text = text.replace(word, value)
    warnings = [d for d in findings(text) if d.code == "A223"]
    assert len(warnings) == (1 if slot == "OWN" else 2)
    assert {pointed_line(text, d) for d in warnings} == {rule}


@pytest.mark.parametrize("slot", ["EACH", "OWN"])
def test_a_rule_that_is_wrong_about_itself_is_pointed_to(slot: str) -> None:
    assert pointed(**{slot: "boastful"}) == ("A204", "boastful")


def test_a_depth_that_rounds_is_pointed_to_in_its_stage() -> None:
    text = SPEC
    for word, value in USUAL.items():
        text = text.replace(word, value)
    (note,) = findings(text)
    assert (note.code, pointed_line(text, note)) == ("A224", "depth // 2")


WRONG = st.sampled_from(
    [
        0,
        -1,
        31,
        99_999,
        1.5,
        "zzz",
        "incoming // 1000",
        "8 / 3",
        None,
        True,
        [1, 2, 3, 4, 5],
        {"a": 1},
    ]
)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, step))
    else:
        yield path


@settings(max_examples=200)
@given(specs(), st.integers(0), WRONG)
def test_whatever_is_wrong_has_a_place_inside_the_file(case: Case, which: int, value: Any) -> None:
    root = yaml.safe_load(case.text)
    paths = [path for path in leaves(root) if path[0] != "archdsl"]
    *outer, last = paths[which % len(paths)]
    here = root
    for step in outer:
        here = here[step]
    here[last] = copy.deepcopy(value)
    for finding in findings(dump(root)):
        assert finding.span
        assert finding.span != Span(1, 1, finding.span.width)
