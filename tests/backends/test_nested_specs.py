"""Random specs with blocks to depth 3: the file, the fused network and the oracle agree."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import archdsl
from archdsl.analysis.parameters import state_shapes
from archdsl.analysis.shapes import shapes
from archdsl.api import check_text
from archdsl.ir.graph import Graph
from archdsl.oracle.layers.activation import FUNCTIONS
from backends.networks import assert_equals_oracle, emitted, of_checked
from block_strategies import exits, operators
from runtime.fused import STATISTICS, assert_close, batch, built, fused
from strategies import Case, specs


@settings(max_examples=40)
@given(specs(blocks=True))
def test_outputs_gradients_statistics_and_names_are_those_of_the_oracle(case: Case) -> None:
    made = of_checked(check_text(case.text, case.settings))
    state = {name: tuple(value.shape) for name, value in made.network.state_dict().items()}
    assert state == state_shapes(made.graph)
    count = sum(weight.numel() for weight in made.network.parameters())
    assert count == made.checked.report.parameters
    assert_equals_oracle(made.network, made.graph)


@settings(max_examples=15)
@given(specs(blocks=True), st.sampled_from(sorted(STATISTICS)), st.sampled_from(["cpu", "cuda"]))
def test_the_fused_network_is_the_same(case: Case, statistics: str, device: str) -> None:
    checked = check_text(case.text, case.settings)
    network = built(checked)
    STATISTICS[statistics](network)
    assert_close(network, fused(network, device), batch(checked), least=1)


WORDS = (
    "cycle:", "define:", "deconv:", "upsample:", "nest:", "inner]", "level", "carry:",
    "scope: network", "exit: grown", "random",
)  # fmt: skip


def test_every_word_and_every_aggregation_that_blocks_take_is_drawn() -> None:
    texts: list[str] = []

    @settings(max_examples=160)
    @given(specs(blocks=True))
    def collect(case: Case) -> None:
        texts.append(case.text)

    collect()
    lines = " ".join(line for text in texts for line in text.splitlines() if line[:4] == "    ")
    for instances in operators(in_blocks=True):
        assert f" {instances[0].kind}" in lines
    for word in filter(lambda form: isinstance(form, str), exits()):
        assert f"exit: {word}" in lines
    assert [word for word in WORDS if word not in " ".join(texts)] == []


def network(unit: str, *, stride: int = 1, keys: str = "connect: plain, aggregate: sum") -> str:
    stage = f"count: 1, layers: 1, stride: {stride}, unit: {unit}, {keys}"
    return f"archdsl: 2\nname: net\ninput: [4, 16, 16]\nstages: {{{stage}}}\n"


def shape(graph: Graph) -> Any:
    return shapes(graph)[graph.output]


BRANCHES = "{parallel: [[{conv: 4}, norm], [{conv: 4}]], aggregate: sum}"
CHAIN = "{block: {layers: 2, unit: [{conv: 4}], connect: plain, aggregate: sum}}"


@pytest.mark.parametrize("unit", [
    f"[{BRANCHES}]", f"[{CHAIN}]", f"[{BRANCHES}, {{conv: 4}}]", f"[{CHAIN}, {BRANCHES}]",
    f"[{{residual: [{{conv: 4}}]}}, {BRANCHES}, {{conv: 4}}]",
    f"[{{parallel: [[{CHAIN}, {{conv: 4}}], [{BRANCHES}]], aggregate: sum}}, {{conv: 4}}]",
])  # fmt: skip
def test_a_stage_s_stride_is_taken_once(unit: str) -> None:
    made = emitted(network(unit, stride=2, keys="connect: plain, aggregate: sum, exit: last"))
    assert shape(made.graph) == (4, 8, 8)
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("unit", [
    f"[{BRANCHES}, norm]", f"[norm, relu, {BRANCHES}, {{conv: 4}}]",
    "[{gate: [{pool: {to: 1}}, sigmoid]}, {conv: 4}]", "[{pool: {kernel: stride}}, {conv: 4}]",
])  # fmt: skip
def test_a_projection_takes_the_stride_that_is_left(unit: str) -> None:
    keys = "connect: full, aggregate: sum, entry: projection"
    made = emitted(network(unit, stride=2, keys=keys))
    assert shape(made.graph) == (4, 8, 8)
    assert_equals_oracle(made.network, made.graph)


def test_mixed_joins_the_outputs_of_a_block_step_by_step() -> None:
    """In the first step the state has 4 channels, in the second 4 + 4 - 2."""
    block = "{layers: 3, unit: [{conv: 4}], connect: full, aggregate: {kind: mixed, inner: 2}}"
    made = emitted(network(f"[{{block: {block}}}]"))
    assert shape(made.graph) == (10, 16, 16)
    assert_equals_oracle(made.network, made.graph)


def test_an_exit_by_the_rule_entry_reads_what_the_parts_of_a_block_make() -> None:
    block = "{layers: 3, unit: [{conv: 4}], connect: entry, aggregate: concat}"
    assert shape(check_text(network(f"[{{block: {block}}}]")).graph) == (12, 16, 16)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_gradients_of_large_numbers_are_finite_in_the_oracle(function: str) -> None:
    x = torch.tensor([-1e4, -800.0, 0.5, 800.0, 1e4], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(FUNCTIONS[function](x).sum(), x)
    assert gradient.isfinite().all()


def same(one: str, other: str) -> bool:
    """Whether two specs compute the same with the same weights."""
    first, second = (archdsl.build(check_text(text).spec).double().eval() for text in (one, other))
    weights = dict(zip(second.state_dict(), first.state_dict().values(), strict=True))
    second.load_state_dict(weights)
    images = torch.randn(2, 4, 16, 16, dtype=torch.float64)
    return torch.equal(first(images), second(images))


@pytest.mark.parametrize(("shorthand", "block"), [
    ("residual: [norm, {conv: 4}]",
     "block: {layers: [[norm, {conv: 4}]], connect: plain, aggregate: sum, exit: all}"),
    ("gate: [{conv: 4}, sigmoid]",
     "block: {layers: [[{conv: 4}, sigmoid]], connect: plain, aggregate: product, exit: all}"),
    ("{parallel: [[{conv: 4}], [{conv: 2}]], aggregate: concat}",
     "block: {layers: [[{conv: 4}], [{conv: 2}]], connect: entry, aggregate: concat}"),
    ("residual: {kind: basic, order: pre, width: 4}",
     "block: {layers: [[norm, relu, {conv: 4}]], connect: plain, aggregate: sum, exit: all}"),
])  # fmt: skip
def test_a_shorthand_is_the_block_that_it_stands_for(shorthand: str, block: str) -> None:
    texts = [network(f"[norm, {unit}]") for unit in (shorthand, block)]
    assert same(*texts)
    one, other = (check_text(text).report for text in texts)
    assert (one.parameters, one.macs, one.depth, one.receptive_field) == (
        other.parameters, other.macs, other.depth, other.receptive_field,
    )  # fmt: skip


def stage(aggregate: str, connect: str = "full") -> str:
    """A stage of four layers whose y_0 a list makes, as in dual path networks."""
    return f"""archdsl: 2
name: net
input: [4, 16, 16]
stages:
  count: 1
  layers: 4
  unit: {{kind: bottleneck, order: pre, inner: 4, width: 6}}
  entry: [norm, relu, {{conv: {{width: 6, kernel: 1}}}}]
  connect: {connect}
  aggregate: {aggregate}
"""


def same_widths(aggregate: str, connect: str = "full") -> str:
    return stage(aggregate, connect).replace("  entry:", "  # entry:").replace("[4, 16", "[6, 16")


def in_block(aggregate: str, connect: str = "full") -> str:
    block = f"{{layers: 4, unit: [norm, relu, {{conv: 6}}], connect: {connect}"
    return network(f"[{{conv: 6}}, {{block: {block}, aggregate: {aggregate}}}}}]")


@pytest.mark.parametrize("place", [stage, in_block])
def test_a_dual_path_network_that_grows_by_nothing_is_a_resnet(place: Any) -> None:
    assert same(place("sum"), place("{kind: dual, sum: 6}"))


@pytest.mark.parametrize("place", [stage, in_block])
def test_a_mixed_link_network_that_adds_nothing_is_a_densenet(place: Any) -> None:
    assert same(place("concat"), place("{kind: mixed, inner: 0}"))


def test_weights_that_start_from_the_newest_output_start_as_a_plain_network() -> None:
    plain, weighted = (
        archdsl.build(check_text(text).spec).double().eval()
        for text in (same_widths("sum", "plain"), same_widths("{kind: weighted, init: newest}"))
    )
    missing, unexpected = weighted.load_state_dict(plain.state_dict(), strict=False)
    assert missing
    assert all("join" in name for name in missing)
    assert unexpected == []
    images = torch.randn(2, 6, 16, 16, dtype=torch.float64)
    assert torch.equal(plain(images), weighted(images))
