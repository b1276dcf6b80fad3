"""`unit: {cycle: [...]}`: layers that use units in turn, in stages and in blocks."""

from __future__ import annotations

import pytest

import archdsl
from archdsl.analysis.parameters import state_shapes
from archdsl.api import check_text
from archdsl.apps.scaling.scaling import counts
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from archdsl.lowering.limits import Limits
from archdsl.lowering.network import size
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, of_checked

SPEC = """
archdsl: 2
name: turns
params: {depth: 5}
input: [3, 8, 8]
stem: [{conv: 4}]
stages:
  count: 2
  layers: depth
  KEYS
  aggregate: sum
  entry: projection
  stride: [1, 2]
head: [{pool: {to: 1}}, flatten, {linear: 5}]
"""
BASIC = "{kind: basic, order: pre, width: 4}"
LIST = "[norm, relu, {conv: {width: 4, kernel: 1}}]"
BLOCK = (
    "[conv: {width: 4, kernel: 1}, block: {layers: 5, connect: full, aggregate: sum, "
    "unit: {cycle: [[{conv: {width: 4, stride: 1}}], "
    "[tanh, {conv: {width: 4, kernel: 1, stride: 1}}]]}}]"
)
LAYERED = "[{conv: {width: 4, kernel: 2 * layer - 1}}]"
KEYS = {
    "a named unit and a list": f"unit: {{cycle: [{BASIC}, {LIST}]}}\n  connect: full",
    "a cycle in a block": f"unit: {{cycle: [{LIST}, {BLOCK}, {BASIC}]}}\n  connect: exponential",
    "an entry that names the layer": f"unit: {{cycle: [{LAYERED}, {LIST}]}}\n  connect: full",
    "the first unit makes y_0": f"unit: {{cycle: [{BASIC}, {LIST}]}}\n  connect: full",
}


def text(name: str) -> str:
    spec = SPEC.replace("KEYS", KEYS[name])
    return spec.replace("entry: projection", "entry: first") if "makes" in name else spec


@pytest.mark.parametrize("name", KEYS)
def test_equals_the_oracle(name: str) -> None:
    checked = check_text(text(name))
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, checked.graph, checked.report).problems == []


@pytest.mark.parametrize("name", KEYS)
def test_the_fused_network_is_the_same(name: str) -> None:
    checked = check_text(text(name))
    fusions = compare_fused(archdsl.build(checked.spec, fuse=True), checked.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


def test_layer_l_uses_entry_l_minus_1_modulo_n() -> None:
    units = "[[{conv: 4}], [{conv: {width: 4, kernel: 1}}], [{conv: {width: 4, kernel: 5}}]]"
    spec = SPEC.replace("KEYS", f"unit: {{cycle: {units}}}\n  connect: full")
    shapes = state_shapes(check_text(spec).graph)
    kernels = [shapes[f"stages.0.layers.{layer}.conv.weight"][2] for layer in range(5)]
    assert kernels == [3, 1, 5, 3, 1]


def test_a_cycle_of_one_is_the_unit_and_a_cycle_of_n_is_the_list() -> None:
    one = SPEC.replace("KEYS", f"unit: {{cycle: [{BASIC}]}}\n  connect: full")
    plain = SPEC.replace("KEYS", f"unit: {BASIC}\n  connect: full")
    assert check_text(one).graph == check_text(plain).graph
    turns = SPEC.replace("KEYS", f"unit: {{cycle: [{BASIC}, {LIST}]}}\n  connect: full")
    units = ", ".join([BASIC, LIST, BASIC, LIST, BASIC])
    listed = SPEC.replace("KEYS", "connect: full").replace("layers: depth", f"layers: [{units}]")
    listed = listed.replace("params: {depth: 5}\n", "")
    assert check_text(turns).graph == check_text(listed).graph


def test_primitives_are_counted_by_closed_form() -> None:
    """Seven in each round of `basic` (3), a list (3) and a ReLU; a remainder counts its entries."""
    stage = f"unit: {{cycle: [{BASIC}, {LIST}, [relu]]}}\n  connect: plain"
    spec = SPEC.replace("KEYS", stage).replace("count: 2", "count: 1")
    spec = spec.replace("[1, 2]", "1").replace("entry: projection\n", "exit: last\n")
    around = 4  # stem and head
    for layers, primitives in ((3, 7), (4, 10), (5, 13), (6, 14), (3_000_000, 7_000_000)):
        assert size(parse(spec, {"depth": layers})).primitives == primitives + around
    with pytest.raises(ArchdslError, match="layers"):
        archdsl.lower(parse(spec, {"depth": 3_000_000}), Limits())


def test_scaling_counts_what_the_network_has() -> None:
    spec = SPEC.replace("KEYS", f"unit: {{cycle: [{LAYERED}, {BASIC}]}}\n  connect: full")
    spec = spec.replace("2 * layer - 1", "2 * (layer % 3) + 1")
    for found in counts(parse(spec), [2, 3, 7]):
        report = check_text(spec.replace("depth: 5", f"depth: {found.depth}")).report
        assert found.links == report.stages[0].links
        assert found.parameters == report.stages[0].parameters
