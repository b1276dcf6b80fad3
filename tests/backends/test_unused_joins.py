"""Emitted files define nothing for joins with weights that no layer has."""

from __future__ import annotations

from pathlib import Path

from archdsl.api import check_text
from backends.networks import assert_equals_oracle, assert_laid_out, of_checked

ONE_OUTPUT = """archdsl: 2
name: net
input: [2, 8, 8]
stages:
  count: 1
  layers: 1
  unit:
    - block: {layers: [[{conv: 2}], [{conv: 2}]], connect: plain, aggregate: weighted, exit: last}
  connect: plain
  aggregate: sum
"""
EQUAL_WIDTHS = """archdsl: 2
name: net
input: [3, 8, 8]
stem: [{conv: 8}]
stages:
  - layers: 2
    unit: [{conv: 8}, norm]
    connect: exponential
    aggregate: {kind: weighted, per: channel}
    exit: {connect: every, aggregate: mean}
  - layers: 3
    unit: [{conv: "4 + layer"}, {upsample: 2}, {pool: {kernel: 2}}, norm]
    connect: {rule: window, last: 2}
    aggregate: concat
    exit: last
"""


def test_a_block_whose_parts_read_one_output_has_no_class_of_joins(tmp_path: Path) -> None:
    made = of_checked(check_text(ONE_OUTPUT))
    assert "class Weighted" not in made.text
    assert_laid_out(tmp_path, {"net": made.text})
    assert_equals_oracle(made.network, made.graph)


def test_an_exit_with_weights_has_its_class() -> None:
    made = of_checked(check_text(ONE_OUTPUT.replace("exit: last", "exit: all")))
    assert "self.exit_join = Weighted(3, 2)" in made.text
    assert_equals_oracle(made.network, made.graph)


def test_joins_of_equal_widths_need_no_list_of_them(tmp_path: Path) -> None:
    made = of_checked(check_text(EQUAL_WIDTHS))
    assert "widths = [8]" not in made.text
    assert_laid_out(tmp_path, {"net": made.text})
    assert_equals_oracle(made.network, made.graph)
