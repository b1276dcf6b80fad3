"""`streams` in a block: its state starts at the input of the block and ends at its exit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import archdsl
from analysis.test_memory import kept_by_torch
from archdsl.analysis.memory import training
from archdsl.analysis.parameters import state_shapes
from archdsl.api import check_text
from archdsl.apps.heatmap.checkpoint import heat_map
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.interpret import interpret
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, assert_laid_out, emitted, inputs
from backends.test_streams import FORMS, without_gradient

SPEC = """
archdsl: 2
name: net
input: [3, 6, 6]
stem: [{conv: 4}]
stages:
  count: 2
  layers: 2
  unit: [BLOCK, norm]
  connect: STAGE
  aggregate: sum
  CARRY
head: [relu, {pool: {to: 1}}, flatten, {linear: 5}]
"""
RULES = {
    "full": "full",
    "one part": "full, layers: 1",
    "many parts": "full, layers: 9",
    "plain": "plain",
    "exponential": "exponential",
    "many parts, exponential": "exponential, layers: 9",
    "oldest first": "{rule: exponential, order: oldest}",
    "strided": "{rule: strided, step: 2}",
    "all but y_0 leave": "full, exit: made",
    "the last one leaves": "full, exit: last",
    "all leave": "plain, exit: all",
    "another rule for the exit": "plain, exit: {connect: harmonic}",
    "a sum leaves": "harmonic, exit: {connect: full, aggregate: sum}",
    "a mean leaves": "harmonic, exit: {connect: full, aggregate: mean}",
    "weights for the exit": "plain, exit: {connect: full, aggregate: weighted}",
}
UNIT = "[norm, {conv: 4}]"


def block(rule: str = "full", form: str = "static", unit: str = UNIT) -> str:
    keys = RULES[rule] if "layers" in RULES[rule] else f"{RULES[rule]}, layers: 3"
    return f"{{block: {{connect: {keys}, unit: {unit}, aggregate: {FORMS[form]}}}}}"


def spec(own: str, stage: str = "full", carry: str = "") -> str:
    return SPEC.replace("BLOCK", own).replace("STAGE", stage).replace("CARRY", carry)


def nested(rule: str, form: str) -> str:
    """A block in a part of a block, each with streams of its own."""
    return block("exponential", "dynamic", f"[{block(rule, form)}, {{conv: 4}}]")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("form", FORMS)
def test_equals_the_oracle(rule: str, form: str) -> None:
    made = emitted(spec(block(rule, form)))
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("rule", [rule for rule in RULES if "many" not in rule])
@pytest.mark.parametrize("form", ["static", "dynamic and balanced"])
def test_equals_the_oracle_in_another_block(rule: str, form: str) -> None:
    made = emitted(spec(nested(rule, form)))
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("rule", ["full", "exponential", "all leave"])
def test_equals_the_oracle_in_stages_that_are_one_sequence(rule: str) -> None:
    """The block is in the units and in what carries outputs over the border."""
    own = block(rule)
    made = emitted(
        spec(own, "{rule: exponential, scope: network}", f"carry: [{own}, {{pool: {{kernel: 2}}}}]")
    )
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("rule", RULES)
def test_is_verified_and_fused(rule: str) -> None:
    """Multiply-adds are what torch counts; the fused network is the network."""
    made = emitted(spec(block(rule)))
    assert verify_text(made.text, made.graph, made.checked.report).problems == []
    fusions = compare_fused(archdsl.build(made.checked.spec, fuse=True), made.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


def test_is_laid_out(tmp_path: Path) -> None:
    texts = {
        f"{rule} {form}": check_text(spec(block(rule, form))).emit()
        for rule in RULES
        for form in FORMS
    }
    assert_laid_out(tmp_path, texts)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stem", ["stem: [{conv: 4}]", ""])
def test_training_memory_is_what_torch_keeps(rule: str, form: str, stem: str) -> None:
    """Without a stem, the first block reads the image, which needs no gradient."""
    text = spec(block(rule, form), "plain").replace("stem: [{conv: 4}]", stem)
    checked = check_text(text if stem else text.replace("[3, 6, 6]", "[4, 6, 6]"))
    network = archdsl.build(checked.spec)
    x = torch.rand(1, *checked.graph.steps["input"][0])
    kept = kept_by_torch(lambda: network(x), network.state_dict(keep_vars=True))
    assert kept == training(checked.graph)


def test_weights_have_the_names_of_a_stage() -> None:
    names = state_shapes(check_text(spec(block())).graph)
    path = "stages.0.layers.0.block"
    own = {name.removeprefix(f"{path}."): shape for name, shape in names.items() if path in name}
    streams = {name: shape for name, shape in own.items() if "norm" not in name}
    assert streams == {
        f"layers.{part}.{name}": shape
        for part in range(3)
        for name, shape in {"read.weight": (3,), "conv.weight": (4, 4, 3, 3)}.items()
    } | {
        f"joins.{part}.{name}": shape
        for part in range(3)
        for name, shape in {"mix": (3, 3), "write": (3,)}.items()
    }


@pytest.mark.parametrize("rule", RULES)
def test_one_stream_at_first_is_a_sum(rule: str) -> None:
    """Its 1 x 1 matrix is 1, as are what is read and what is written."""
    streams = check_text(spec(block(rule, "one")))
    residual = emitted(spec(block(rule, "one").replace(FORMS["one"], "sum")))
    state = archdsl.build(streams.spec).double().state_dict() | residual.network.state_dict()
    x = inputs(residual.graph)
    wanted = interpret(residual.graph, state, x)
    torch.testing.assert_close(interpret(streams.graph, state, x), wanted)


@pytest.mark.parametrize("form", FORMS)
def test_a_rule_that_reads_all_outputs_is_the_network_of_full(form: str) -> None:
    one = check_text(spec(block("full", form)))
    each = check_text(spec(block("full", form).replace("full", "{rule: strided, step: 1}")))
    assert state_shapes(one.graph) == state_shapes(each.graph)
    state = {
        name: torch.randn_like(weight) if "mix" in name or "write" in name else weight
        for name, weight in archdsl.build(one.spec).double().state_dict().items()
    }
    x = inputs(one.graph)
    torch.testing.assert_close(interpret(each.graph, state, x), interpret(one.graph, state, x))


def test_a_block_is_the_stage_of_the_same_layers() -> None:
    """A stage with `streams`, and a stage of one layer that is a block with them."""
    top = "archdsl: 2\nname: net\ninput: [4, 6, 6]\nhead: [relu]\nstages: "
    keys = f"{{layers: 4, connect: exponential, aggregate: {FORMS['dynamic']}, unit: {UNIT}}}"
    outer = check_text(f"{top}{keys.replace('layers', 'count: 1, layers')}")
    unit = f"[{{block: {keys}}}]"
    inner = check_text(
        f"{top}{{count: 1, layers: 1, unit: {unit}, connect: plain, aggregate: sum}}"
    )
    state = {
        name: torch.rand(shape, dtype=torch.float64)
        for name, shape in state_shapes(outer.graph).items()
    }
    moved = {name.replace("stages.0.", "stages.0.layers.0.block."): x for name, x in state.items()}
    assert set(moved) == set(state_shapes(inner.graph))
    x = inputs(outer.graph)
    torch.testing.assert_close(interpret(inner.graph, moved, x), interpret(outer.graph, state, x))
    assert inner.report.parameters == outer.report.parameters
    assert inner.report.macs == outer.report.macs


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("form", ["static", "dynamic"])
def test_gradients_reach_every_weight(rule: str, form: str) -> None:
    """The scale of what pixels add has none in the first step, as published."""
    network = archdsl.build(check_text(spec(block(rule, form))).spec).double()
    x = torch.randn(3, 3, 6, 6, dtype=torch.float64)
    scales = {name for name, _ in network.named_parameters() if name.endswith("scale")}
    assert without_gradient(network, x) <= scales


@pytest.mark.parametrize("rule", ["full", "exponential", "all leave"])
def test_the_heat_map_has_the_factor_of_each_output(rule: str) -> None:
    """A part's input moves by the factor, times as much as an output moves: it is linear."""
    made = emitted(spec(block(rule)))
    path = "stages.1.layers.0.block"
    panels = {
        panel.block: panel for panel in heat_map(made.graph, made.network.state_dict()).panels
    }
    inside: Any = made.network.get_submodule(path)
    reads = {(source, part) for source, part in panels[path].means if part <= 3}
    for part in {part for _, part in reads}:
        sources = sorted(source for source, reader in reads if reader == part)
        for moved in sources:
            outputs = {
                source: torch.full((1, 4), float(source == moved), dtype=torch.float64)
                for source in sources
            }
            state = outputs[sources[0]].repeat(1, 3)
            for source in sources[1:]:
                state = inside.joins[source - 1]([state, outputs[source]])
            factor = abs(float(inside.layers[part - 1].read(state).detach()[0, 0]))
            assert panels[path].means[moved, part] == pytest.approx(factor)
    assert {part for _, part in panels[path].means} >= {4}
