"""`scope: network`: stages as one sequence, with outputs that are carried over their borders."""

from __future__ import annotations

from inspect import signature
from typing import Any

import pytest
import torch

from archdsl.api import build, check_text
from archdsl.apps.draw.choices import VIEWS
from archdsl.apps.draw.picture import scene
from archdsl.apps.draw.showing import subject
from archdsl.apps.heatmap.readers import readers
from archdsl.errors import ArchdslError
from archdsl.lowering.limits import Limits
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, of_checked

RULES = (
    "plain",
    "full",
    "exponential",
    "entry",
    "{rule: exponential, base: 3, order: oldest}",
    "{rule: window, last: 2}",
    "{rule: strided, step: 2}",
    "{rule: every, step: 2}",
    "harmonic",
)
CARRIES = {
    "weights": "[norm, relu, {conv: {width: incoming, kernel: 1}}, {pool: {kernel: 2}}]",
    "pooling": "[{pool: {kernel: 2}}]",
}
TOP = "archdsl: 2\nname: net\ninput: [3, 8, 8]\nstem: [{conv: {width: 4}}]\n"
HEAD = "head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 3}}]\n"


def spec(
    connect: str = "full", aggregate: str = "concat", carry: str = CARRIES["weights"],
    more: str = "", layers: str = "[3, 2, 2]",
) -> str:  # fmt: skip
    """Three stages of units of four channels, at maps of 8x8, 4x4 and 2x2."""
    rule = connect[1:-1] if connect.startswith("{") else f"rule: {connect}"
    return f"""{TOP}stages:
  count: 3
  layers: {layers}
  unit: {{kind: basic, order: pre, width: 4}}
  connect: {{{rule}, scope: network}}
  aggregate: {aggregate}
  carry: {carry}{more}
{HEAD}"""


@pytest.mark.parametrize("carry", CARRIES)
@pytest.mark.parametrize("aggregate", ["concat", "sum", "mean", "max", "weighted"])
@pytest.mark.parametrize("connect", RULES)
def test_equals_the_oracle(connect: str, aggregate: str, carry: str) -> None:
    made = of_checked(check_text(spec(connect, aggregate, CARRIES[carry])))
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("exit", ["all", "last", "made", "newest-first", "grown", "rule"])
def test_every_exit(exit: str) -> None:
    checked = check_text(spec("exponential", more=f"\n  exit: {exit}"))
    assert verify_text(checked.emit(), checked.graph, checked.report).problems == []
    assert_equals_oracle(of_checked(checked).network, checked.graph)


def test_a_layer_reads_what_was_carried_over_every_border_once() -> None:
    graph = check_text(spec()).graph
    (stage,) = graph.stages
    first, second = stage.borders
    assert (first.layer, second.layer) == (4, 6)
    assert first.sources == (0, 1, 2, 3)
    assert second.sources == (0, 1, 2, 3, 4, 5)
    assert graph[second.nodes[0]].inputs == (first.nodes[0],)
    assert graph[second.nodes[4]].inputs == (stage.outputs[4],)
    assert graph[stage.reads[6]].inputs == (*second.nodes, stage.outputs[6])


def test_only_what_is_read_later_is_carried() -> None:
    (stage,) = check_text(spec("{rule: window, last: 2}")).graph.stages
    assert [border.sources for border in stage.borders] == [(2, 3), (4, 5)]


def test_without_reads_beyond_a_border_it_is_scope_stage() -> None:
    sequence = check_text(spec("plain", "sum"))
    text = spec("plain", "sum").replace(", scope: network", "")
    carry = f"  carry: {CARRIES['weights']}\n"
    between = f"between: {CARRIES['weights']}\n"
    stages = check_text(text.replace(carry, "").replace(HEAD, between + HEAD))
    assert sequence.report.parameters == stages.report.parameters
    one, other = of_checked(sequence).network, of_checked(stages).network
    source = dict(one.state_dict())
    keys = {f"stages.0.carries.{i}.0.": f"between.{i}." for i in range(2)}
    starts = [(0, 3), (3, 5), (5, 7)]
    keys |= {
        f"stages.0.layers.{layer}.": f"stages.{stage}.layers.{layer - start}."
        for stage, (start, end) in enumerate(starts)
        for layer in range(start, end)
    }
    moved = {}
    for key, value in source.items():
        before = next((prefix for prefix in keys if key.startswith(prefix)), "")
        moved[keys.get(before, "") + key.removeprefix(before)] = value
    other.load_state_dict(moved)
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    one, other = one.double().eval(), other.double().eval()
    assert torch.equal(one(x), other(x))


def test_layers_that_read_the_same_outputs_on_both_sides_of_a_border() -> None:
    """`entry` reads y_0 alone: what is joined before a border must not be read behind it."""
    text = spec(
        "{rule: explicit, reads: [[0], [1, 0], [1, 0], [1, 0], [1, 0], [1, 0]]}", layers="[3, 2]"
    )
    checked = check_text(text.replace("count: 3", "count: 2"))
    assert "joins.clear()" in checked.emit()
    assert_equals_oracle(of_checked(checked).network, checked.graph)


def test_without_carry_the_outputs_are_read_as_they_are() -> None:
    one = check_text(spec().replace(f"  carry: {CARRIES['weights']}\n", ""))
    text = spec(layers="7").replace("count: 3", "count: 1").replace(", scope: network", "")
    other = check_text(text.replace(f"  carry: {CARRIES['weights']}\n", ""))
    assert list(one.graph) == list(other.graph)


def test_numbers_of_a_stage_are_its_own() -> None:
    """Lists have one entry per stage, and `layer` counts from the first layer of the stage."""
    text = spec().replace("width: 4}\n  conn", "width: '4 + stage + layer'}\n  conn")
    (stage,) = (checked := check_text(text)).graph.stages
    widths = [checked.graph.steps[name][-1][0] for name in stage.layers]
    assert widths == [5, 6, 7, 6, 7, 7, 8]


def test_log_densenet_v1() -> None:
    """Parameters that two independent implementations of arXiv 1711.00002 agree on."""
    assert check_text(LOG_DENSENET_V1).report.parameters == 374_614


def test_the_heat_map_knows_the_widths_that_were_carried() -> None:
    halves = "[{conv: {width: incoming // 2, kernel: 1}}, {pool: {kernel: 2}}]"
    every = {
        reader.layer: [len(own) for (own,) in reader.features]
        for reader in readers(check_text(spec(carry=halves)).graph)
    }
    assert every[3] == [4, 4, 4]
    assert every[4] == [2, 2, 2, 2]
    assert every[7] == [1, 1, 1, 1, 2, 2, 4]


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_draws_a_sequence(view: str) -> None:
    assert scene(subject(check_text(spec())), view).texts


def test_fused_files_run_it_as_it_is() -> None:
    checked = check_text(spec("exponential"))
    assert verify_text(checked.emit(fuse=True), checked.graph, checked.report).problems == []


LIST = TOP + """each:
  layers: 2
  unit: {kind: basic, order: pre, width: 4}
  connect: {rule: full, scope: network}
  aggregate: concat
stages:
  - {}
  - {KEY}
""" + HEAD  # fmt: skip


@pytest.mark.parametrize(
    ("key", "code", "message"),
    [
        ("connect: full", "A221", "`connect` of stage 1 differs"),
        ("aggregate: sum", "A221", "`aggregate` of stage 1 differs"),
        ("entry: projection", "A226", "`entry` would be ignored"),
        ("stride: 2", "A226", "`stride` would be ignored"),
    ],
)
def test_stages_that_cannot_be_one_sequence(key: str, code: str, message: str) -> None:
    with pytest.raises(ArchdslError, match=message) as caught:
        check_text(LIST.replace("KEY", key))
    (finding,) = caught.value.diagnostics
    assert finding.span is not None
    assert (finding.code, finding.span.line) == (code, 12)


@pytest.mark.parametrize(
    ("text", "code", "message", "line"),
    [
        (spec(aggregate="running"), "A219", "cannot be carried", 10),
        (spec().replace(", scope: network", ""), "A226", "`carry` is for rules", 11),
        (spec() + "between: [relu]\n", "A226", "no single output passes", 13),
        (spec().replace("archdsl: 2", "archdsl: 1"), "A117", "needs `archdsl: 2`", 9),
        (spec(carry="[{conv: {width: nothing}}]"), "A111", "nothing here is called", 11),
        (spec(carry="relu"), "A106", "list", 11),
        (spec(carry="[{conv: {width: 4, kernel: 9, padding: 0}}]"), "A212", "window", 11),
    ],
)
def test_bad_input(text: str, code: str, message: str, line: int) -> None:
    with pytest.raises(ArchdslError, match=message) as caught:
        check_text(text)
    finding = caught.value.diagnostics[0]
    assert finding.span is not None
    assert (finding.code, finding.span.line) == (code, line)


def test_what_is_carried_counts_before_anything_is_built() -> None:
    text = spec("full", carry="[" + ", ".join(["relu"] * 60) + "]", layers="200")
    with pytest.raises(ArchdslError, match="primitives") as caught:
        check_text(text, limits=Limits(primitives=20_000))
    assert caught.value.diagnostics[0].code == "A301"


LOG_DENSENET_V1 = """archdsl: 2
name: log-densenet-v1
params: {k: 12, n: 16}
input: [3, 32, 32]
stem: [{conv: 2 * k}]
stages:
  count: 3
  layers: n
  unit: {kind: dense-bottleneck, order: pre, width: k}
  connect: {rule: exponential, base: 2, order: oldest, scope: network}
  carry: [norm, relu, {conv: {width: incoming // 2, kernel: 1}}, {pool: {kernel: 2}}]
  aggregate: concat
  exit: grown
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: 10}]
"""


@pytest.mark.parametrize("carry", CARRIES)
@pytest.mark.parametrize("aggregate", ["concat", "sum", "mean"])
@pytest.mark.parametrize("connect", ["full", "{rule: mirror}", "plain"])
def test_fused_files_carry_outputs(connect: str, aggregate: str, carry: str) -> None:
    """Outputs that are carried are not those that were made, so no fused sum may hold them."""
    text = spec(connect, aggregate, CARRIES[carry], layers="[2, 2, 2]")
    network: Any = build(check_text(text).spec, fuse="cpu").eval()
    x = torch.randn(2, 3, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(network.fuse()(x), network(x), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("carry", CARRIES)
def test_a_first_stage_that_only_makes_y_0(carry: str) -> None:
    text = f"""{TOP}each:
  unit: [{{conv: 4}}, norm]
  connect: {{rule: full, scope: network}}
  aggregate: sum
  carry: {CARRIES[carry]}
stages:
  - {{layers: 1, entry: first}}
  - {{layers: 2}}
{HEAD}"""
    checked = check_text(text)
    (stage,) = checked.graph.stages
    assert [border.layer for border in stage.borders] == [1]
    assert checked.graph[stage.layers[0]].inputs == stage.borders[0].nodes
    assert verify_text(checked.emit(), checked.graph, checked.report).problems == []
    assert_equals_oracle(of_checked(checked).network, checked.graph)


@pytest.mark.parametrize("unit", ["[{conv: 4}]", "[norm, {conv: 4}]", "[{conv: incoming}]"])
def test_without_a_stem_the_channels_of_the_input_are_not_offered(unit: str) -> None:
    """The class of layer 1, which reads the input, is also that of a carry, which does not."""
    text = (
        "archdsl: 2\nname: a\ninput: [4, 8, 8]\nstages: {count: 2, layers: 2, aggregate: concat, "
        f"unit: {unit}, connect: {{rule: every, scope: network}}, carry: [{{conv: incoming}}]}}\n"
    )
    made = of_checked(check_text(text))
    assert "in_channels" not in signature(type(made.network)).parameters
    assert_equals_oracle(made.network, made.graph)
