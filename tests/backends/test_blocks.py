"""Blocks inside units: counted, emitted, built, drawn, verified against the oracle."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

import archdsl
from archdsl.analysis.parameters import state_shapes
from archdsl.analysis.shapes import shapes
from archdsl.api import check_text
from archdsl.apps.draw.choices import VIEWS
from archdsl.apps.draw.picture import scene
from archdsl.apps.draw.showing import subject
from archdsl.errors import ArchdslError
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, assert_laid_out, of_checked

SPEC = """
archdsl: 2
name: nested
input: [3, 8, 8]
stem: [{conv: 4}]
stages:
  count: 2
  layers: 2
  unit:
    - norm
    - UNIT
    - conv: {width: 4, kernel: 1, stride: stride}
  connect: full
  aggregate: sum
  entry: projection
  stride: [1, 2]
head: [{pool: {to: 1}}, flatten, {linear: 5}]
"""

GATE = "[{pool: {to: 1}}, {conv: {width: (incoming + 1) // 2, kernel: 1, bias: true, stride: 1}}, relu, {conv: {width: incoming, kernel: 1, stride: 1}}, sigmoid]"  # noqa: E501
CONV = "{conv: {width: 4, stride: 1}}"
UNITS = {
    "residual": f"residual: [norm, relu, {CONV}]",
    "a residual of a named unit": "residual: {kind: basic, order: post, width: incoming}",
    "a residual without weights": "residual: [relu]",
    "gate": f"gate: {GATE}",
    "gate of a whole map": f"gate: [{CONV}, hardsigmoid]",
    "branches": f"{{parallel: [[{CONV}], [norm, {CONV}, relu], [relu]], aggregate: concat}}",
    "branches that are added": f"{{parallel: [[{CONV}], [{CONV}, norm]], aggregate: sum}}",
    "branches of which the largest counts": f"{{parallel: [[{CONV}], [relu]], aggregate: max}}",
    "one branch": f"{{parallel: [[{CONV}]], aggregate: sum}}",
    "dense": "block: {layers: 3, unit: [norm, {conv: {width: 2, stride: 1}}], connect: full, "
    "aggregate: concat, exit: all}",
    "one-shot aggregation": "block: {layers: 5, unit: [{conv: {width: 3, stride: 1}}, norm, relu], "
    "connect: plain, aggregate: concat, exit: all}",
    "exponential": "block: {layers: 6, unit: {kind: basic, order: pre, width: 3}, "
    "connect: exponential, aggregate: concat}",
    "sums, the last leaves": "block: {layers: 5, unit: {kind: basic, order: pre, width: 4}, "
    "connect: exponential, aggregate: sum, exit: last}",
    "means": "block: {layers: 5, unit: {kind: basic, order: pre, width: 4}, connect: full, "
    "aggregate: mean}",
    "running": "block: {layers: 3, unit: {kind: basic, order: pre, width: 4}, connect: full, "
    "aggregate: running}",
    "branches by a rule": f"block: {{layers: 3, unit: [norm, {CONV}], connect: entry, "
    "aggregate: sum}",
    "a random graph": f"block: {{layers: 7, unit: [norm, {CONV}], aggregate: sum, "
    "connect: {rule: random, model: er, p: 0.5, nodes: 7, seed: 3}}",
    "a list of parts": f"block: {{layers: [[{CONV}], [norm, {CONV}, relu]], connect: full, "
    "aggregate: sum}",
    "widths that grow": "block: {layers: 3, unit: [{conv: {width: 1 + layer, stride: 1}}], "
    "connect: full, aggregate: concat}",
    "a residual in a residual": f"residual: [norm, {{residual: [{CONV}]}}, relu]",
    "a gate in branches in a residual": "residual: [norm, {parallel: [[{residual: [" + CONV
    + "]}], [{gate: " + GATE + "}]], aggregate: sum}]",
    "blocks in a block": "block: {layers: 2, unit: [{residual: [norm, {conv: {width: incoming, stride: 1}}]}, "  # noqa: E501
    "{block: {layers: 2, unit: [{conv: {width: 2, stride: 1}}], connect: full, "
    "aggregate: concat}}], connect: full, aggregate: concat}",
    "dropout": f"residual: [{CONV}, {{dropout: 0.5}}, {{drop_unit: 0.3}}]",
    "a named unit among layers": "{kind: bottleneck, order: pre, inner: 2, width: 4}",
}  # fmt: skip


def spec(unit: str) -> str:
    return SPEC.replace("UNIT", unit)


CASES = {name: spec(unit) for name, unit in UNITS.items()}


@pytest.mark.parametrize("name", CASES)
def test_equals_the_oracle(name: str) -> None:
    checked = check_text(CASES[name])
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    verification = verify_text(made.text, checked.graph, checked.report)
    assert verification.problems == []


@pytest.mark.parametrize("name", CASES)
def test_the_fused_network_is_the_same(name: str) -> None:
    checked = check_text(CASES[name])
    fusions = compare_fused(archdsl.build(checked.spec, fuse=True), checked.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


@pytest.mark.parametrize("name", CASES)
def test_every_view_can_be_drawn(name: str) -> None:
    drawn = subject(check_text(CASES[name]))
    assert all(scene(drawn, view).texts for view in VIEWS)


def test_files_are_laid_out_as_ruff_would(tmp_path: Path) -> None:
    assert_laid_out(tmp_path, {name: check_text(text).emit() for name, text in CASES.items()})


@pytest.mark.parametrize("name", ["gate", "branches", "blocks in a block"])
def test_pickles_exports_and_compiles(name: str) -> None:
    network = archdsl.build(check_text(CASES[name]).spec).eval()
    images = torch.randn(2, 3, 8, 8)
    wanted = network(images)
    assert torch.equal(pickle.loads(pickle.dumps(network))(images), wanted)
    torch.testing.assert_close(torch.export.export(network, (images,)).module()(images), wanted)
    compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(images), wanted)


@pytest.mark.parametrize(
    ("unit", "lines"),
    [
        ("residual", ["return x + self.conv(torch.relu(self.norm(x)))"]),
        ("gate", [
            "y = functional.adaptive_avg_pool2d(x, 1)",
            "y = torch.relu(self.conv1(y))",
            "return x * torch.sigmoid(self.conv2(y))",
        ]),
        ("branches that are added", [
            "y1 = self.layers[0](x)", "y2 = self.layers[1](x)", "return y1 + y2",
        ]),
        ("dense", [
            "y2 = self.layers[1](torch.cat([x, y1], dim=1))",
            "return torch.cat([x, y1, y2, y3], dim=1)",
        ]),
        ("one-shot aggregation", [
            "for layer in self.layers:", "outputs.append(layer(outputs[-1]))",
            "return torch.cat(outputs, dim=1)",
        ]),
    ],
)  # fmt: skip
def test_small_blocks_are_straight_statements(unit: str, lines: list[str]) -> None:
    emitted = check_text(CASES[unit]).emit()
    places = [emitted.find(f" {line}\n") for line in lines]
    assert -1 not in places
    assert places == sorted(places)


def test_keys_follow_the_words() -> None:
    keys = {
        key.removeprefix("stages.0.layers.0.")
        for key in state_shapes(check_text(CASES["a gate in branches in a residual"]).graph)
        if key.startswith("stages.0.layers.0.") and key.endswith("weight")
    }
    assert keys == {
        "norm.weight", "conv.weight", "residual.norm.weight",
        "residual.parallel.layers.0.residual.conv.weight",
        "residual.parallel.layers.1.gate.conv1.weight",
        "residual.parallel.layers.1.gate.conv2.weight",
    }  # fmt: skip


def test_a_residual_in_a_unit_is_a_stage_of_one_layer() -> None:
    """The same arithmetic, written as a stage and as a block."""
    unit = "[norm, relu, {conv: 4}]"
    stage = f"archdsl: 2\nname: a\ninput: [4, 6, 6]\nstages: {{count: 1, layers: 1, unit: {unit}, connect: full, aggregate: sum}}\n"  # noqa: E501
    block = f"archdsl: 2\nname: b\ninput: [4, 6, 6]\nstages: {{count: 1, layers: 1, unit: [{{residual: {unit}}}], connect: plain, aggregate: sum}}\n"  # noqa: E501
    one, other = (archdsl.build(check_text(text).spec).double().eval() for text in (stage, block))
    other.load_state_dict(dict(zip(other.state_dict(), one.state_dict().values(), strict=True)))
    images = torch.randn(2, 4, 6, 6, dtype=torch.float64)
    assert torch.equal(one(images), other(images))


def test_entering_is_what_the_unit_reads() -> None:
    text = spec(
        "gate: [{pool: {to: 1}}, {conv: {width: 8, kernel: 1}}, {conv: {width: entering, kernel: 1}}, sigmoid]"  # noqa: E501
    )
    shapes: dict[str, Any] = state_shapes(check_text(text).graph)
    assert shapes["stages.0.layers.0.gate.conv2.weight"] == (4, 8, 1, 1)


def test_layer_is_the_unit_s_number_in_branches_and_the_part_s_in_a_block() -> None:
    unit = (
        "{parallel: [[{conv: {width: 2 * layer, stride: 1}}], [{conv: {width: layer, stride: 1}}]],"
        " aggregate: concat}"
    )
    shapes = state_shapes(check_text(spec(unit)).graph)
    widths = [
        [
            shapes[f"stages.0.layers.{layer}.parallel.layers.{branch}.conv.weight"][0]
            for branch in (0, 1)
        ]
        for layer in (0, 1)
    ]
    assert widths == [[2, 1], [4, 2]]
    shapes = state_shapes(check_text(CASES["widths that grow"]).graph)
    names = [f"stages.0.layers.1.block.layers.{part}.conv.weight" for part in range(3)]
    assert [shapes[name][0] for name in names] == [2, 3, 4]


BAD = [
    ("gate: []", "A103"),
    ("gate: 3", "A106"),
    ("gate: {layers: 3}", "A106"),
    ("residual: [{conv: 5}]", "A210"),
    ("residual: [{conv: {width: 4, stride: 2}}]", "A210"),
    ("gate: [{conv: 5}]", "A210"),
    ("{parallel: [[relu], [{conv: 3}]], aggregate: sum}", "A210"),
    ("{parallel: [], aggregate: sum}", "A103"),
    ("parallel: [[relu]]", "A103"),
    ("parallel: {layers: [[relu]]}", "A103"),
    ("{parallel: [[relu]], aggregate: mutliply}", "A105"),
    ("{parallel: [[relu]], agregate: sum}", "A102"),
    ("{parallel: [[relo]], aggregate: sum}", "A105"),
    ("{parallel: [[{conv: {widht: 3}}]], aggregate: sum}", "A102"),
    ("block: {unit: [relu], connect: full, aggregate: sum}", "A103"),
    ("block: {layers: 2, connect: full, aggregate: sum}", "A103"),
    ("block: {layers: 2, unit: [relu], aggregate: sum}", "A103"),
    ("block: {layers: 2, unit: [relu], connect: full}", "A103"),
    ("block: {layers: 0, unit: [relu], connect: full, aggregate: sum}", "A101"),
    ("block: {layers: 300, unit: [relu], connect: full, aggregate: sum}", "A301"),
    ("block: {layers: 2, unit: [relu], connect: full, aggregate: sum, exit: first}", "A105"),
    ("block: {layers: 2, unit: [relu], connect: ful, aggregate: sum}", "A105"),
    ("block: {layers: 2, unit: [{conv: depth}], connect: full, aggregate: sum}", "A111"),
    ("block: {layers: [[relu]], unit: [relu], connect: full, aggregate: sum}", "A226"),
    ("block: {layers: 2, unit: [{conv: 2}], connect: full, aggregate: sum}", "A210"),
    ("block: {layers: 2, unit: [relu], connect: {rule: fractal, columns: 3}, aggregate: mean}",
     "A202"),
    ("block: {layers: 2, unit: [relu], connect: full, aggregate: {kind: mean, drop_path: 0.1}}",
     "A229"),
    ("{kind: basic, order: pre}", "A103"),
    ("{kind: basik, order: pre, width: 4}", "A105"),
    ("residual: {kind: basic, order: pre}", "A103"),
    ("residual: [{residual: [{residual: [{conv: 3}]}]}]", "A210"),
    ("gate: [{pool: {to: 1}}, {conv: 4}, {norm: layer}, {dropout: 2}]", "A101"),
    ("gate: [flatten]", "A210"),
    ("residual: [{linear: 4}]", "A218"),
]  # fmt: skip


@pytest.mark.parametrize(("unit", "code"), BAD)
def test_mistakes_inside_blocks_have_a_place(unit: str, code: str) -> None:
    with pytest.raises(ArchdslError) as raised:
        check_text(spec(unit))
    finding = raised.value.diagnostics[0]
    assert (finding.code, finding.span.line if finding.span else 0) == (code, 11)
    assert finding.span is not None
    assert finding.span.column >= 7


@pytest.mark.parametrize(
    "unit", ["residual: [relu]", "gate: [relu]", "{parallel: [[relu]], aggregate: sum}"]
)
def test_blocks_need_version_2(unit: str) -> None:
    with pytest.raises(ArchdslError) as raised:
        check_text(spec(unit).replace("archdsl: 2", "archdsl: 1"))
    assert raised.value.diagnostics[0].code == "A117"


def test_hostile_nesting_is_refused_at_once() -> None:
    deep = "residual: [{" * 1000 + "conv: 4" + "}]" * 1000
    with pytest.raises(ArchdslError) as raised:
        check_text(spec(deep))
    assert raised.value.diagnostics[0].code in {"A006", "A007", "A008", "A009", "A010"}


def test_blocks_that_multiply_are_counted_before_they_are_built() -> None:
    unit = "[relu]"
    for _ in range(4):
        unit = f"[{{block: {{layers: 100, unit: {unit}, connect: plain, aggregate: sum}}}}]"
    with pytest.raises(ArchdslError) as raised:
        check_text(spec(unit[1:-1].removeprefix("{").removesuffix("}")))
    assert raised.value.diagnostics[0].code == "A301"


BRANCHES = "{parallel: [[{conv: 4}], [{conv: {width: 4, kernel: 1}}]], aggregate: sum}"
PARTS = "{block: {layers: 2, unit: [{conv: 4}], connect: plain, aggregate: sum, exit: last}}"


@pytest.mark.parametrize("block", [BRANCHES, PARTS])
@pytest.mark.parametrize("after", ["relu", "{conv: 4}", "{kind: basic, order: post, width: 4}"])
def test_what_follows_a_block_that_strides_does_not_stride_again(block: str, after: str) -> None:
    unit = f"[{block}, {after}]"
    text = f"archdsl: 2\nname: a\ninput: [3, 8, 8]\nstages: {{count: 1, layers: 2, stride: 2, unit: {unit}, connect: plain, aggregate: sum}}\n"  # noqa: E501
    checked = check_text(text)
    assert shapes(checked.graph)[checked.graph.output] == (4, 4, 4)
    assert verify_text(checked.emit(), checked.graph, checked.report).problems == []
