"""Blocks whose parts read everything before them, on evenly growing widths: one class for all."""

from __future__ import annotations

import re

import pytest

from archdsl.api import check_text
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, of_checked

UNIT = "[norm, {conv: {width: 3}}]"


def spec(*blocks: str) -> str:
    """A stage of one unit, which is these blocks one after another."""
    listed = ", ".join(f"{{block: {{{block}}}}}" for block in blocks)
    return f"""archdsl: 2
name: net
input: [3, 8, 8]
stem: [{{conv: 4}}]
stages:
  count: 1
  layers: 1
  unit: [{listed}]
  connect: plain
  aggregate: sum
head: [{{pool: {{to: 1}}}}, flatten, {{linear: 5}}]
"""


def dense(layers: int, exit: str = "all", aggregate: str = "concat", unit: str = UNIT) -> str:
    """A block in which every part reads all outputs before it."""
    return f"layers: {layers}, unit: {unit}, connect: full, aggregate: {aggregate}, exit: {exit}"


def classes(text: str) -> int:
    """How many classes of blocks a file has."""
    return len(re.findall(r"^class Block\d*\(", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("blocks", "count"),
    [
        ([dense(5)], 1),
        ([dense(5), dense(7), dense(6)], 1),
        ([dense(5, "made"), dense(8, "made")], 1),
        ([dense(5), dense(5, "made")], 2),
        ([dense(5), dense(5, unit="[norm, {conv: {width: 4}}]")], 1),
        ([dense(5), dense(5, unit="[{conv: {width: 3, kernel: 1}}]")], 2),
        ([dense(4), dense(5)], 2),
        ([dense(5), dense(5, "{connect: every}")], 2),
        ([dense(5, unit="[norm, {conv: {width: 2 + layer}}]"), dense(5)], 1),
        ([dense(6, aggregate="sum", unit="[norm, {conv: {width: 4}}]")], 1),
    ],
)
def test_blocks_of_any_depth_share_a_class(blocks: list[str], count: int) -> None:
    checked = check_text(spec(*blocks))
    text = checked.emit()
    assert classes(text) == count
    assert verify_text(text, checked.graph, checked.report).problems == []
    assert_equals_oracle(of_checked(checked).network, checked.graph)


def test_the_parts_are_a_loop_over_what_was_made() -> None:
    text = check_text(spec(dense(5), dense(7))).emit()
    assert "ConvBlock(channels + 3 * position) for position in range(layers)" in text
    assert "outputs.append(layer(concat(outputs)))" in text
    assert "reads = [" not in text
