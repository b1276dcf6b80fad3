"""What makes y_0: layers of the stage itself, or its first unit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
import torch
from torch import Tensor

import archdsl
from archdsl.analysis.parameters import state_shapes
from archdsl.api import check_text
from archdsl.apps.draw.choices import VIEWS
from archdsl.apps.draw.picture import scene
from archdsl.apps.draw.showing import subject
from archdsl.apps.scaling.scaling import counts
from archdsl.errors import ArchdslError
from archdsl.language.values import Width
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, assert_laid_out, of_checked


def dual(outputs: list[Tensor], width: int) -> Tensor:
    """The first features of the outputs added, and the others side by side."""
    total = outputs[0][:, :width]
    for output in outputs[1:]:
        total = total + output[:, :width]
    return torch.cat([total, *[output[:, width:] for output in outputs]], dim=1)


class Dual(archdsl.Aggregation):
    """Dual path networks (Chen et al. 2017), as someone outside the package would write it."""

    kind: Literal["own-dual"]
    sum: Width
    join: ClassVar = staticmethod(dual)
    equal_widths: ClassVar[bool] = False

    def arguments(self) -> tuple[int]:
        return (self.sum,)

    def width(self, widths: Sequence[int]) -> int:
        return self.sum + sum(width - self.sum for width in widths)


DPN = """
archdsl: 2
name: dpn-92
params: {units: [3, 4, 20, 3], inc: [16, 32, 24, 128], path: 256, inner: 96, size: 224}
input: [3, size, size]
stem: [{conv: {width: 64, kernel: 7, stride: 2}}, norm, relu, {pool: {kind: max, kernel: 3, stride: 2, padding: 1}}]
stages:
  count: 4
  layers: units
  unit:
    - norm
    - relu
    - conv: {width: inner * 2 ** stage, kernel: 1, stride: 1}
    - norm
    - relu
    - conv: {width: inner * 2 ** stage, groups: 32}
    - norm
    - relu
    - conv: {width: path * 2 ** stage + inc, kernel: 1}
  connect: full
  aggregate: {kind: own-dual, sum: path * 2 ** stage}
  entry: [norm, relu, {conv: {width: path * 2 ** stage + 2 * inc, kernel: 1}}]
  stride: [1, 2, 2, 2]
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: 1000}]
"""  # noqa: E501
SMALL = {"units": [1, 2, 3, 2], "inc": [2, 3, 4, 5], "path": 8, "inner": 32, "size": 32}


def test_dpn_92_has_its_parameters() -> None:
    """Chen et al. 2017; timm's dpn92 has 37,668,392."""
    assert check_text(DPN, extend=(Dual,)).report.parameters == 37_668_392


def test_a_small_dual_path_network_is_verified() -> None:
    checked = check_text(DPN, SMALL, extend=(Dual,))
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, checked.graph, checked.report).problems == []
    assert all(scene(subject(checked), view).texts for view in VIEWS)


SPEC = """
archdsl: 2
name: entered
input: [3, 8, 8]
stem: [{conv: 4}]
stages:
  count: 2
  layers: LAYERS
  unit: {kind: basic, order: pre, width: WIDTH}
  connect: RULE
  aggregate: KIND
  entry: ENTRY
  stride: [1, 2]
  exit: EXIT
between: {kind: transition, width: 4}
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: 5}]
"""
LISTS = {
    "list": "[norm, {conv: {width: 6, kernel: 1}}, relu]",
    "own width": "[{conv: {width: incoming + 2, kernel: 1, stride: stride}}]",
    "first": "first",
}


def spec(
    entry: str, rule: str, kind: str, exit: str = "rule", layers: str = "[3, 4]", width: str = "6"
) -> str:
    text = SPEC.replace("ENTRY", LISTS[entry]).replace("RULE", rule).replace("KIND", kind)
    return text.replace("EXIT", exit).replace("LAYERS", layers).replace("WIDTH", width)


CASES = {
    f"{entry} {rule} {kind} {exit}": spec(entry, rule, kind, exit)
    for entry in LISTS
    for rule, kind in (
        ("full", "sum"), ("full", "concat"), ("exponential", "concat"), ("exponential", "mean"),
        ("full", "running"), ("{rule: window, last: 2}", "sum"),
    )
    for exit in ("rule", "last")
} | {
    "first plain": spec("first", "plain", "sum"),
    "first, one unit": spec("first", "full", "sum", layers="1"),
    "first, one unit in one stage": spec("first", "full", "concat", layers="[1, 3]"),
    "first, growing": spec("first", "full", "concat", width="2 + layer"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_equals_the_oracle(name: str) -> None:
    checked = check_text(CASES[name])
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, checked.graph, checked.report).problems == []


@pytest.mark.parametrize("name", CASES)
def test_the_fused_network_is_the_same(name: str) -> None:
    checked = check_text(CASES[name])
    fusions = compare_fused(archdsl.build(checked.spec, fuse=True), checked.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


@pytest.mark.parametrize("name", CASES)
def test_every_view_can_be_drawn(name: str) -> None:
    drawn = subject(check_text(CASES[name]))
    assert all(scene(drawn, view).texts for view in VIEWS)


@pytest.mark.parametrize("name", CASES)
def test_counts_without_a_graph_are_those_of_the_graph(name: str) -> None:
    checked = check_text(CASES[name])
    stage = checked.report.stages[0]
    units = checked.graph.stages[0].unit_count
    row = next(iter(counts(checked.spec, [units])))
    assert (row.parameters, row.links) == (stage.parameters, stage.links)


def test_files_are_laid_out_as_ruff_would(tmp_path: Path) -> None:
    assert_laid_out(tmp_path, {name: check_text(text).emit() for name, text in CASES.items()})


def test_the_first_unit_takes_no_part_in_the_sum() -> None:
    """MobileNetV2's stages: the first block changes the shape, the others are residual."""
    network: Any = archdsl.build(check_text(spec("first", "full", "sum")).spec).eval()
    stage = network.stages[0]
    images = torch.randn(2, 4, 8, 8)
    wanted = stage.entry(images)
    for layer in stage.layers:
        wanted = wanted + layer(wanted)
    assert torch.equal(stage(images), wanted)


def test_layers_and_keys_count_the_first_unit_apart() -> None:
    checked = check_text(spec("first", "full", "sum"))
    assert [stage.layers for stage in checked.report.stages] == [3, 4]
    assert [stage.links for stage in checked.report.stages] == [3, 6]
    keys = {key.rsplit(".", 2)[0] for key in state_shapes(checked.graph) if "stages.1" in key}
    layers = {f"stages.1.layers.{place}" for place in range(3)}
    assert keys == {"stages.1.entry", *layers}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (spec("list", "plain", "sum"), "A226", 12),
        (spec("list", "full", "sum").replace("archdsl: 2", "archdsl: 1"), "A117", 12),
        (spec("first", "full", "sum").replace("archdsl: 2", "archdsl: 1"), "A117", 12),
        (spec("list", "full", "sum", width="7"), "A210", 11),
        (SPEC.replace("ENTRY", "none").replace("LAYERS", "3").replace("WIDTH", "6")
         .replace("RULE", "full").replace("KIND", "sum").replace("EXIT", "rule"), "A105", 12),
        (spec("own width", "full", "sum").replace("stride: stride", "stride: 1"), "A225", 12),
    ],
)  # fmt: skip
def test_mistakes_have_a_place(text: str, code: str, line: int) -> None:
    with pytest.raises(ArchdslError) as raised:
        check_text(text)
    finding = raised.value.diagnostics[0]
    assert (finding.code, finding.span.line if finding.span else 0) == (code, line)
