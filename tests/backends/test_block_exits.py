"""Blocks with an exit of their own, aggregations with weights in blocks, and running ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

import pytest
import torch
from torch import Tensor

import archdsl
from archdsl.analysis.parameters import state_shapes
from archdsl.api import check_text
from archdsl.errors import ArchdslError
from archdsl.ir.layers.block import Block
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, assert_laid_out, of_checked
from backends.test_blocks import CONV, spec

CASES = {
    name: spec(unit)
    for name, unit in {
        "every second output leaves": f"block: {{layers: 5, unit: [{CONV}, norm, relu], "
        "connect: full, aggregate: concat, exit: {connect: every}}",
        "sums, concatenated at the exit": f"block: {{layers: 4, unit: [{CONV}, relu], "
        "connect: exponential, aggregate: sum, exit: {connect: full, aggregate: concat}}",
        "the largest of what branches make": f"block: {{layers: 3, unit: [{CONV}, relu], "
        "connect: exponential, aggregate: concat, exit: {connect: entry, aggregate: max}}",
        "only another aggregation": f"block: {{layers: 2, unit: [{CONV}], connect: full, "
        "aggregate: concat, exit: {aggregate: sum}}",
        "made": f"block: {{layers: 7, unit: [{CONV}], connect: full, aggregate: concat, "
        "exit: made}",
        "newest first": f"block: {{layers: 5, unit: [{CONV}], connect: full, aggregate: concat, "
        "exit: newest-first}",
        "grown": f"block: {{layers: 3, unit: [{CONV}], connect: exponential, aggregate: concat, "
        "exit: grown}",
        "a part that nothing reads": f"block: {{layers: 3, unit: [{CONV}], connect: plain, "
        "aggregate: sum, exit: {connect: {rule: explicit, reads: [[0, 2]]}}}",
        "a rule whose exit is not a layer": f"block: {{layers: 3, unit: [{CONV}], connect: entry, "
        "aggregate: concat}",
        "highway": f"block: {{layers: [[{CONV}], [{CONV}, sigmoid]], connect: entry, "
        "aggregate: sum, exit: {connect: full, aggregate: highway}}",
        "weighted": f"block: {{layers: 3, unit: [{CONV}, relu], connect: full, "
        "aggregate: weighted}",
        "weighted, channel by channel, in a loop": f"block: {{layers: 6, unit: [{CONV}, relu], "
        "connect: full, aggregate: {kind: weighted, per: channel, normalise: softmax}}",
        "weighted at the exit alone": f"block: {{layers: 3, unit: [{CONV}, relu], connect: plain, "
        "aggregate: sum, exit: {connect: full, aggregate: weighted}}",
        "weighted for parts alone": f"block: {{layers: 3, unit: [{CONV}, relu], connect: full, "
        "aggregate: weighted, exit: last}",
        "weighted branches": f"{{parallel: [[{CONV}], [{CONV}, norm]], aggregate: weighted}}",
        "weighted in weighted": "block: {layers: 2, unit: [{parallel: "
        f"[[{CONV}], [{CONV}, norm]], aggregate: {{kind: weighted, per: channel}}}}], "
        "connect: full, aggregate: weighted}",
        "running, in a loop": f"block: {{layers: 6, unit: [{CONV}], connect: full, "
        "aggregate: running}",
        "running, the last leaves": f"block: {{layers: 6, unit: [{CONV}], connect: full, "
        "aggregate: running, exit: last}",
        "running, the last of two leaves": f"block: {{layers: 2, unit: [{CONV}], connect: full, "
        "aggregate: running, exit: last}",
        "mixed": f"block: {{layers: 3, unit: [{CONV}], connect: full, "
        "aggregate: {kind: mixed, inner: 2}}",
    }.items()
}


@pytest.mark.parametrize("name", CASES)
def test_equals_the_oracle(name: str) -> None:
    checked = check_text(CASES[name])
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, checked.graph, checked.report).problems == []


@pytest.mark.parametrize("name", [name for name in CASES if "weighted" in name])
def test_the_fused_network_is_the_same(name: str) -> None:
    checked = check_text(CASES[name])
    fusions = compare_fused(archdsl.build(checked.spec, fuse=True), checked.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


def test_files_are_laid_out_as_ruff_would(tmp_path: Path) -> None:
    assert_laid_out(tmp_path, {name: check_text(case).emit() for name, case in CASES.items()})


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("weighted", {"block.joins.1": (2,), "block.joins.2": (3,), "block.exit_join": (4,)}),
        ("weighted at the exit alone", {"block.exit_join": (4,)}),
        ("weighted for parts alone", {"block.joins.1": (2,), "block.joins.2": (3,)}),
        ("weighted branches", {"parallel.exit_join": (2,)}),
        (
            "weighted in weighted",
            {
                "block.joins.1": (2,),
                "block.exit_join": (3,),
                "block.layers.0.parallel.exit_join": (2, 4),
                "block.layers.1.parallel.exit_join": (2, 4),
            },
        ),
    ],
)  # fmt: skip
def test_each_reader_of_two_or_more_outputs_has_weights(
    name: str, keys: dict[str, tuple[int, ...]]
) -> None:
    first = "stages.0.layers.0."
    joins = {
        key.removeprefix(first).removesuffix(".weight"): shape
        for key, shape in state_shapes(check_text(CASES[name]).graph).items()
        if key.startswith(first) and "join" in key
    }
    assert joins == keys


def test_weights_of_joins_are_parameters() -> None:
    """A scalar for each of 2, 3 and 4 outputs, in each of four units."""
    plain = check_text(CASES["weighted"].replace("aggregate: weighted", "aggregate: sum"))
    weighted = check_text(CASES["weighted"])
    assert weighted.report.parameters - plain.report.parameters == 4 * (2 + 3 + 4)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("weighted", ["y2 = self.layers[1](self.joins[1]([x, y1]))",
                      "return self.exit_join([x, y1, y2, y3])"]),
        ("sums, concatenated at the exit", ["y4 = self.layers[3](y3 + y2 + x)",
                                            "return torch.cat([x, y1, y2, y3, y4], dim=1)"]),
        ("running, in a loop", ["for layer in self.layers:", "x = torch.relu(x + layer(x))",
                                "return x"]),
        ("mixed", ["x = mixed([x, self.layers[1](x)], 2)",
                   "return mixed([x, self.layers[2](x)], 2)"]),
    ],
)  # fmt: skip
def test_blocks_are_short_statements(name: str, lines: list[str]) -> None:
    emitted = check_text(CASES[name]).emit()
    places = [emitted.find(f" {line}\n") for line in lines]
    assert -1 not in places
    assert places == sorted(places)


def test_the_text_of_a_block_has_the_exit_s_aggregation() -> None:
    graph = check_text(CASES["sums, concatenated at the exit"]).graph
    block = next(layer for layer in graph.layers() if isinstance(layer, Block))
    assert block.text().endswith(" sum concat 0,1,2,3,4)")


BAD = [
    ("block: {layers: 2, unit: [relu], connect: full, aggregate: sum, exit: {}}", "A103", 7),
    ("block: {layers: 2, unit: [relu], connect: full, aggregate: sum, exit: {conect: full}}",
     "A102", 7),
    ("block: {layers: 2, unit: [relu], connect: full, aggregate: sum, exit: {connect: ful}}",
     "A105", 7),
    ("block: {layers: 2, unit: [relu], connect: full, aggregate: sum, exit: [all]}", "A106", 7),
    ("block: {layers: 2, unit: [relu], connect: full, aggregate: running, exit: made}",
     "A219", 7),
    ("block: {layers: 2, unit: [relu], connect: plain, aggregate: running}", "A219", 7),
    ("block: {layers: 2, unit: [relu], connect: full, aggregate: sum, exit: {aggregate: running}}",
     "A219", 7),
    ("block: {layers: 2, unit: [relu], connect: {rule: explicit, reads: [[0], [0]]}, "
     "aggregate: sum}", "A202", 7),
    ("block: {layers: 2, unit: [relu], connect: full, aggregate: sum, "
     "exit: {aggregate: {kind: mean, drop_path: 0.1}}}", "A229", 7),
    ("block: {layers: 2, unit: [{conv: layer}], connect: full, aggregate: concat, "
     "exit: {aggregate: sum}}", "A210", 7),
]  # fmt: skip


@pytest.mark.parametrize(("unit", "code", "column"), BAD)
def test_mistakes_at_the_exit_have_a_place(unit: str, code: str, column: int) -> None:
    with pytest.raises(ArchdslError) as raised:
        check_text(spec(unit))
    finding = raised.value.diagnostics[0]
    assert finding.span is not None
    assert (finding.code, finding.span.line) == (code, 11)
    assert finding.span.column >= column


@pytest.mark.parametrize(
    ("unit", "help"),
    [
        ("residual: [{conv: 5}]", "let the list make as many channels as it reads"),
        ("residual: [{conv: {width: 4, stride: 2}}]", "let the list keep the size of the map;"),
        ("gate: [{pool: {kernel: 2}}]", "or pool it to one pixel: `{pool: {to: 1}}`"),
        ("{parallel: [[relu], [{conv: 3}]], aggregate: sum}", "have the same number of channels"),
        ("{parallel: [[relu], [{pool: {kernel: 2}}]], aggregate: concat}", "be maps of one size"),
    ],
)  # fmt: skip
def test_the_help_is_about_the_block(unit: str, help: str) -> None:
    with pytest.raises(ArchdslError) as raised:
        check_text(spec(unit))
    finding = raised.value.diagnostics[0]
    assert help in (finding.help or "")
    assert "entry" not in (finding.help or "")


def gained(outputs: list[Tensor], gain: Tensor) -> Tensor:
    """The aggregate so far, and the newest output times a learned number."""
    return outputs[0] + gain * outputs[1]


def half(size: int) -> Tensor:
    """One half."""
    return torch.full((size,), 0.5)


class Gained(archdsl.Aggregation):
    """A running aggregate with weights of its own."""

    kind: Literal["gained"]
    join: ClassVar = staticmethod(gained)
    running: ClassVar[bool] = True

    def weights(self) -> Mapping[str, archdsl.Weight]:
        return {"gain": archdsl.Weight((1,), half)}


@pytest.mark.parametrize("parts", [3, 6])
def test_each_step_of_a_running_aggregate_has_weights(parts: int) -> None:
    unit = f"block: {{layers: {parts}, unit: [{CONV}], connect: full, aggregate: gained}}"
    made = of_checked(check_text(spec(unit), extend=[Gained]))
    assert_equals_oracle(made.network, made.graph)
    first = "stages.0.layers.0.block.joins."
    keys = [key for key in made.network.state_dict() if key.startswith(first)]
    assert keys == [f"{first}{step}.gain" for step in range(parts)]


@pytest.mark.parametrize(("word", "links"), [("made", 2), ("last", 1)])
def test_a_parameter_may_choose_the_exit(word: str, links: int) -> None:
    unit = f"block: {{layers: 2, unit: [{CONV}], connect: full, aggregate: concat, exit: how}}"
    text = spec(unit).replace("input:", "params: {how: made | last}\ninput:", 1)
    (block,) = check_text(text, {"how": word}).report.blocks
    assert block.exit_links == links
