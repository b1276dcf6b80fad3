"""docs/ir.md says what the code says: ops, invariants, printed graphs and counted numbers."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from archdsl.api import Checked, check_text
from archdsl.ir import ops, text, verify
from archdsl.ir.layers import KINDS
from archdsl.passes.compact import compact, explode
from archdsl.passes.pipeline import FOR_EXPORT, FOR_INFERENCE, run

PAGE = (Path(__file__).parent.parent / "docs" / "ir.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FENCES = FENCE.findall(PAGE)
COUNT = re.compile(r"^\| `([a-z_.]+)` \| .* \| ([0-9,]+) \|$", re.MULTILINE)


def fence(language: str, place: int = 0) -> str:
    """The text of an example."""
    return [str(body) for name, body in FENCES if name == language][place]


@pytest.fixture(scope="module")
def example() -> Checked:
    return check_text(fence("yaml"))


def test_invariants_are_those_that_are_checked() -> None:
    written = re.findall(r"^- (I\d+\. .*)$", PAGE, re.MULTILINE)
    functions = inspect.getmembers(verify, inspect.isfunction)
    stated = [function.__doc__ or "" for _, function in functions]
    checked = sorted(said for said in stated if re.match(r"I\d+\. ", said))
    assert written == checked
    assert [said.split(".")[0] for said in written] == [f"I{n + 1}" for n in range(len(written))]


@pytest.mark.parametrize("op", [*get_args(ops.Op), *KINDS])
def test_op_is_listed_with_its_fields(op: type[Any]) -> None:
    signature = f"{op.__name__}({', '.join(field.name for field in fields(op))})"
    assert f"\n| `{signature}` |" in PAGE


def test_no_other_op_is_listed() -> None:
    listed = re.findall(r"^\| `(\w+)\(.*\)` \|", PAGE, re.MULTILINE)
    known = {op.__name__ for op in (*get_args(ops.Op), *KINDS)}
    assert set(listed) == known | {"Node", "Stage", "Graph"}


def test_example_prints_as_shown(example: Checked) -> None:
    assert text.graph(example.graph) == fence("text")


def test_compact_view_differs_in_the_lines_shown(example: Checked) -> None:
    smaller = run(example.graph, (compact,))
    exploded = text.graph(example.graph).splitlines()
    lines = text.graph(smaller).splitlines()
    assert [line for line in lines if line not in exploded] == fence("text", 1).splitlines()
    assert explode(smaller) == example.graph


def test_placed_view_begins_as_shown() -> None:
    """Of the example with the changes that the page names."""
    changed = (
        fence("yaml")
        .replace(
            "{kind: basic, order: pre, width: 4}", "{kind: dense-bottleneck, order: pre, width: 4}"
        )
        .replace("connect: full", "connect: {rule: window, last: 2}")
        .replace("aggregate: sum", "aggregate: concat")
    )
    placed = text.graph(run(check_text(changed).graph, FOR_INFERENCE))
    assert placed.startswith(fence("text", 2))


def test_simplified_view_has_the_line_shown() -> None:
    changed = fence("yaml").replace("order: pre", "order: post")
    simplified = text.graph(run(check_text(changed).graph, FOR_EXPORT))
    assert fence("text", 3) in simplified


def test_numbers_of_the_example_are_counted_so(example: Checked) -> None:
    facts = example.report.as_dict()
    for group in ("activation_bytes", "aggregation_bytes", "crossing_bytes"):
        facts |= {f"{group}.{name}": number for name, number in facts[group].items()}
    written = {name: int(number.replace(",", "")) for name, number in COUNT.findall(PAGE)}
    assert len(written) == 12
    assert written == {name: facts[name] for name in written}
