"""`streams` where layers choose what they read: each reader folds over outputs of its own."""

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
from archdsl.apps.scaling.scaling import counts
from archdsl.errors import ArchdslError
from archdsl.ir.graph import Graph
from archdsl.language.aggregations import Streams
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.interpret import interpret
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, assert_laid_out, emitted, inputs
from backends.test_streams import ENTRIES, FORMS, spec, without_gradient

RULES = {
    "plain": "plain",
    "exponential": "exponential",
    "exponential with y_0": "{rule: exponential, entry: always}",
    "oldest first": "{rule: exponential, order: oldest}",
    "harmonic": "harmonic",
    "strided": "{rule: strided, step: 2}",
    "window": "{rule: window, last: 2}",
    "every": "{rule: every, step: 2}",
    "mirror": "mirror",
    "all but y_0 leave": "full\n  exit: made",
    "the last one leaves": "full\n  exit: last",
    "all leave": "plain\n  exit: all",
    "another rule for the exit": "plain\n  exit: {connect: harmonic}",
    "another aggregation for the exit": "harmonic\n  exit: {connect: every, aggregate: concat}",
    "weights for the exit": "plain\n  exit: {connect: full, aggregate: weighted}",
}


def of(rule: str, form: str = "static", entry: str = "identity") -> str:
    return spec(FORMS[form], *ENTRIES[entry]).replace("connect: full", f"connect: {RULES[rule]}")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("form", ["one", "static", "dynamic and balanced"])
def test_equals_the_oracle(rule: str, form: str) -> None:
    made = emitted(of(rule, form))
    assert_equals_oracle(made.network, made.graph)


def test_is_laid_out(tmp_path: Path) -> None:
    texts = {
        f"{rule} {form}": check_text(of(rule, form)).emit() for rule in RULES for form in FORMS
    }
    assert_laid_out(tmp_path, texts)


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("rule", ["exponential", "strided", "all leave"])
def test_equals_the_oracle_behind_every_entry(rule: str, entry: str) -> None:
    made = emitted(of(rule, "static", entry))
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("rule", RULES)
def test_is_verified_and_fused(rule: str) -> None:
    """Multiply-adds are what torch counts; the fused network is the network."""
    made = emitted(of(rule))
    assert verify_text(made.text, made.graph, made.checked.report).problems == []
    fusions = compare_fused(archdsl.build(made.checked.spec, fuse=True), made.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("form", FORMS)
def test_training_memory_is_what_torch_keeps(rule: str, form: str) -> None:
    graph = check_text(of(rule, form)).graph
    network = archdsl.build(check_text(of(rule, form)).spec)
    x = torch.rand(1, 3, 8, 8)
    kept = kept_by_torch(lambda: network(x), network.state_dict(keep_vars=True))
    assert kept == training(graph)


@pytest.mark.parametrize("rule", RULES)
def test_one_stream_at_first_is_a_sum(rule: str) -> None:
    """Its 1 x 1 matrix is 1, as are what is read and what is written."""
    streams = check_text(of(rule, "one"))
    residual = emitted(of(rule).replace(FORMS["static"], "sum"))
    state = archdsl.build(streams.spec).double().state_dict() | residual.network.state_dict()
    x = inputs(residual.graph)
    wanted = interpret(residual.graph, state, x)
    torch.testing.assert_close(interpret(streams.graph, state, x), wanted)


@pytest.mark.parametrize("rule", ["{rule: window, last: 9}", "{rule: strided, step: 1}"])
@pytest.mark.parametrize("form", FORMS)
def test_all_outputs_in_a_state_of_each_reader_are_the_one_state(rule: str, form: str) -> None:
    """A rule that reads all outputs gives the network of `full`, with the same names."""
    one, each = (check_text(spec(FORMS[form]).replace("full", own)) for own in ("full", rule))
    assert state_shapes(one.graph) == state_shapes(each.graph)
    network = archdsl.build(one.spec).double()
    x = inputs(one.graph)
    state = {
        name: torch.randn_like(weight) if "mix" in name or "write" in name else weight
        for name, weight in network.state_dict().items()
    }
    torch.testing.assert_close(interpret(each.graph, state, x), interpret(one.graph, state, x))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rule", RULES)
def test_gradients_reach_every_weight(rule: str, form: str) -> None:
    """As under `full`: the scale of what pixels add has none in the first step.

    A doubly stochastic matrix has none if only the exit uses it: it keeps the sum of the streams.
    """
    checked = check_text(of(rule, form))
    network = archdsl.build(checked.spec).double()
    x = torch.randn(3, 3, 8, 8, dtype=torch.float64)
    wanted = set[str]()
    if "dynamic" in form:
        wanted |= {name for name, _ in network.named_parameters() if name.endswith("scale")}
    if "balanced" in form:
        wanted |= {f"{scope}.mix" for scope in of_the_exit_alone(checked.graph)}
    assert without_gradient(network, x) == wanted


def of_the_exit_alone(graph: Graph) -> set[str]:
    """The scopes of weights that only exits of stages use."""
    exits = {stage.exit for stage in graph.stages if stage.exit_operator.folds}
    scopes = {True: set[str](), False: set[str]()}
    for node, aggregate in graph.aggregates():
        scopes[node.name in exits].update(aggregate.scopes)
    return scopes[True] - scopes[False]


def test_only_outputs_that_are_written_have_weights() -> None:
    """Those that some reader has after an older one; a state starts with the oldest."""
    shapes = state_shapes(check_text(of("plain")).graph)
    assert not any(".joins." in name for name in shapes)
    names = [name.split(".") for name in state_shapes(check_text(of("harmonic")).graph)]
    owned = {parts[3] for parts in names if parts[:3] == ["stages", "1", "joins"]}
    assert owned == {"0", "1", "2", "4"}  # y_4 is the only output of layer 5, and the exit's oldest


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "mirror"])
@pytest.mark.parametrize("entry", ["identity", "projection", "the first unit"])
def test_scaling_counts_what_the_compiler_counts(rule: str, entry: str) -> None:
    text = of(rule, "dynamic", entry)
    stage = check_text(text).report.stages[0]
    (counted,) = counts(check_text(text).spec, [4])
    assert (counted.parameters, counted.links) == (stage.parameters, stage.links)


@pytest.mark.parametrize("form", ["one", "static", "balanced"])
def test_the_heat_map_has_the_factor_of_each_output(form: str) -> None:
    """A layer's input moves by the factor, times as much as an output moves: it is linear."""
    made = emitted(of("exponential", form))
    panels = {p.stage: p for p in heat_map(made.graph, made.network.state_dict()).panels}
    stage: Any = made.network.get_submodule("stages.1")
    for layer in range(2, 6):
        reads = stage.reads[layer - 1]
        for source in reads:
            outputs = list(torch.zeros(layer, 1, 4, 1, 1, dtype=torch.float64))
            outputs[source] = outputs[source] + 1.0
            read = stage.layers[layer - 1].read(stage.join(outputs, reads))
            factor = abs(float(read.detach()[0, 0, 0, 0]))
            assert panels[1].means[source, layer] == pytest.approx(factor)
        assert {s for s, reader in panels[1].means if reader == layer} == set(reads)


REFUSED = {
    "the newest first": ("connect: full", "connect: {rule: full, order: newest}", "A219"),
    "an exit with the newest first": (
        "connect: full",
        "connect: harmonic\n  exit: newest-first",
        "A219",
    ),
    "an exit whose rule turns round": (
        "connect: full",
        "connect: harmonic\n  exit: {connect: {rule: full, order: newest}}",
        "A219",
    ),
    "other streams for the exit": (
        "connect: full",
        "connect: harmonic\n  exit: {connect: full, aggregate: {kind: streams, count: 2}}",
        "A219",
    ),
    "units of another width": (
        "width: 4}\n  connect: full",
        "width: 5}\n  connect: harmonic",
        "A210",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str) -> None:
    before, after, code = REFUSED[name]
    assert before in spec()
    with pytest.raises(ArchdslError) as refused:
        check_text(spec().replace(before, after)).require()
    diagnostics = refused.value.diagnostics
    assert {diagnostic.code for diagnostic in diagnostics} == {code}
    assert all(diagnostic.span for diagnostic in diagnostics)


def test_the_form_of_readers_is_chosen_only_where_one_state_does_not_serve() -> None:
    assert check_text(spec()).graph.stages[0].operator.running
    operator = check_text(of("exponential")).graph.stages[0].operator
    assert operator.folds
    assert isinstance(operator, Streams)


def test_dynamic_streams_share_a_file_with_other_weights_that_start_at_zero() -> None:
    text = of("harmonic", "dynamic").replace("harmonic", "harmonic\n  exit: {aggregate: attention}")
    made = emitted(text)
    assert_equals_oracle(made.network, made.graph)


CARRIED = """
archdsl: 2
name: carried
input: [3, 8, 8]
stem: [{conv: 4}]
each:
  connect: {rule: RULE, scope: network}
  aggregate: KIND
  carry: [{conv: WIDTH}, {pool: {kernel: 2}}]
stages:
  - {layers: 3, unit: {kind: basic, order: pre, width: 4}}
  - {layers: 3, unit: {kind: basic, order: pre, width: WIDTH}}
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 5}}]
"""


def carried(form: str, rule: str = "exponential", width: int = 4) -> str:
    text = CARRIED.replace("KIND", FORMS[form]).replace("RULE", rule)
    return text.replace("WIDTH", str(width))


@pytest.mark.parametrize("rule", ["full", "plain", "exponential"])
@pytest.mark.parametrize("form", FORMS)
def test_stages_that_are_one_sequence_equal_the_oracle(rule: str, form: str) -> None:
    made = emitted(carried(form, rule))
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, made.graph, made.checked.report).problems == []


@pytest.mark.parametrize("form", ["static", "balanced"])
def test_outputs_may_get_other_channels_at_a_border(form: str) -> None:
    made = emitted(carried(form, width=6))
    assert_equals_oracle(made.network, made.graph)


def test_dynamic_outputs_keep_their_channels_at_a_border() -> None:
    """The weights of an output are for its channels, and layers on both sides use them."""
    with pytest.raises(ArchdslError) as refused:
        check_text(carried("dynamic", width=6)).require()
    (diagnostic,) = refused.value.diagnostics
    assert diagnostic.code == "A228"
    assert diagnostic.span is not None
    assert "carry" in str(diagnostic.help)


def test_dynamic_outputs_may_differ_in_channels_where_each_is_read_at_one_width() -> None:
    """In a window of two, no reader behind the border writes an output of before it."""
    made = emitted(carried("dynamic", "window, last: 2", width=6))
    assert_equals_oracle(made.network, made.graph)
