"""Layers of one class whose numbers differ are built by one loop over lists."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archdsl
from archdsl.api import check_text
from archdsl.codegen.columns import Numbers
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, assert_laid_out, of_checked

TOP = (
    "archdsl: 2\nname: net\nparams: {base: [2, 3]}\ninput: [3, 8, 8]\nstem: [{conv: {width: 4}}]\n"
)
HEAD = "head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 3}}]\n"
WIDTHS = "[{conv: {width: base * layer}}, norm, relu]"
TAPERED = (
    "[{conv: {width: 2 * base * layer, kernel: 1}}, norm, relu, {conv: {width: base * layer}}]"
)
DROPPED = "[norm, relu, {conv: {width: 4}}, {drop_unit: 0.1 * layer}]"


def spec(unit: str, layers: str, more: str) -> str:
    """Two stages of one form, and a classifier."""
    stages = f"stages:\n  count: 2\n  layers: {layers}\n  unit: {unit}\n  {more}\n"
    return f"{TOP}{stages}between: [{{conv: {{width: 4, kernel: 1}}}}]\n{HEAD}"


SPECS = {
    "widths": spec(WIDTHS, "[3, 5]", "connect: full\n  aggregate: concat"),
    "widths that few layers read": spec(
        WIDTHS, "[4, 8]", "connect: harmonic\n  aggregate: concat\n  exit: {connect: every}"
    ),
    "widths in a stage of two layers": spec(WIDTHS, "[2, 4]", "connect: full\n  aggregate: concat"),
    "two numbers of which one follows": spec(
        TAPERED, "[3, 4]", "connect: full\n  aggregate: concat"
    ),
    "widths after a projection": spec(
        WIDTHS, "[4, 5]", "connect: full\n  aggregate: concat\n  entry: projection\n  stride: 2"
    ),
    "two numbers after a projection": spec(
        TAPERED, "[4, 5]", "connect: full\n  aggregate: concat\n  entry: projection\n  stride: 2"
    ),
    "widths and chances after a projection": spec(
        WIDTHS.replace("relu]", "relu, {drop_unit: 0.05 * layer}]"),
        "[4, 5]",
        "connect: full\n  aggregate: concat\n  entry: projection\n  stride: 2",
    ),
    "widths after a chain that makes y_0": spec(
        WIDTHS, "[4, 5]", "connect: full\n  aggregate: concat\n  entry: [{conv: {width: 5}}]"
    ),
    "widths of a chain": spec(WIDTHS, "[3, 5]", "connect: plain\n  aggregate: sum"),
    "chances of a sum": spec(DROPPED, "[3, 5]", "connect: full\n  aggregate: sum"),
    "chances of a list of sums": spec(DROPPED, "[4, 5]", "connect: exponential\n  aggregate: sum"),
    "chances after a projection": spec(
        DROPPED.replace("width: 4", "width: 6"),
        "[4, 5]",
        "connect: full\n  aggregate: sum\n  entry: projection\n  stride: 2",
    ),
    "chances of a concat": spec(DROPPED, "[3, 5]", "connect: full\n  aggregate: concat"),
}
"""What the stages have of their own, by what is tried."""


@pytest.mark.parametrize("name", SPECS)
def test_equals_the_oracle(name: str) -> None:
    checked = check_text(SPECS[name])
    emitted = of_checked(checked)
    assert_equals_oracle(emitted.network, emitted.graph)
    assert verify_text(emitted.text, checked.graph, checked.report).problems == []


@pytest.mark.parametrize("name", SPECS)
def test_a_snapshot_equals_its_network(name: str) -> None:
    checked = check_text(SPECS[name])
    fusions = compare_fused(archdsl.build(checked.spec, fuse=True), checked.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


@pytest.mark.parametrize("name", SPECS)
def test_stages_share_a_class_and_are_given_lists(name: str) -> None:
    text = check_text(SPECS[name]).emit()
    assert ": list[" in text
    assert text.count("self.layers = nn.ModuleList(") == 1


def test_files_are_laid_out_as_a_formatter_would(tmp_path: Path) -> None:
    assert_laid_out(tmp_path, {name: check_text(text).emit() for name, text in SPECS.items()})


def test_a_list_is_no_number_of_the_class() -> None:
    text = check_text(SPECS["widths"]).emit()
    assert "Stage([2, 4, 6])" in text
    assert "Stage([3, 6, 9, 12, 15])" in text


def test_units_that_differ_in_many_numbers_have_a_call_each() -> None:
    branches = ", ".join(f"[{{conv: {{width: layer + {place}}}}}]" for place in range(5))
    unit = f"[{{parallel: [{branches}], aggregate: concat}}]"
    text = check_text(spec(unit, "[3, 3]", "connect: plain\n  aggregate: sum")).emit()
    assert ": list[int]" not in text


def test_chances_that_rise_evenly_are_a_comprehension() -> None:
    unit = DROPPED.replace("0.1 * layer", "layer / 9")
    emitted = of_checked(check_text(spec(unit, "[3, 8]", "connect: full\n  aggregate: sum")))
    assert "Stage([layer / 9 for layer in range(1, 9)])" in emitted.text
    assert_equals_oracle(emitted.network, emitted.graph)
    units = emitted.network.get_submodule("stages.1.layers").children()
    chances = [unit.drop for unit in units]
    assert chances == [float(layer / 9) for layer in range(1, 9)]


@pytest.mark.parametrize(
    "numbers",
    [(0.1, 0.2, 0.3, 0.5), (0.4, 0.3, 0.2, 0.1), (0.0, 5e-324, 1e-323, 1.5e-323), (0.1,) * 4],
)
def test_other_lists_are_written_out(numbers: tuple[float, ...]) -> None:
    written = "[0.1] * 4" if len(set(numbers)) == 1 else str(list(numbers))
    assert str(Numbers(numbers)) == written


@given(st.integers(1, 300), st.integers(0, 300), st.integers(1, 40))
def test_a_list_is_equal_to_the_bit_to_its_text(parts: int, start: int, count: int) -> None:
    numbers = Numbers(layer / parts for layer in range(start, start + count))
    assert eval(str(numbers)) == list(numbers)


def test_the_list_of_all_widths_serves_the_layers_after_the_first() -> None:
    text = check_text(SPECS["widths after a projection"]).emit()
    assert "Stage(2, [2, 4, 6, 8])" in text
    assert "widths[2:]" in text
