"""The aggregation `streams`: hyper-connections, by the oracle, by identities, by others' code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archdsl
from analysis.test_memory import kept_by_torch
from archdsl.analysis.memory import training
from archdsl.analysis.parameters import state_shapes
from archdsl.api import check_text
from archdsl.apps.heatmap.checkpoint import heat_map
from archdsl.apps.scaling.scaling import counts
from archdsl.errors import ArchdslError
from archdsl.oracle.comparison import compare_fused, load_module
from archdsl.oracle.interpret import interpret
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, assert_laid_out, emitted, inputs

SPEC = """
archdsl: 2
name: streams
input: [3, 8, 8]
stem: [{conv: {width: 4}}]
stages:
  count: 2
  layers: [4, 5]
  unit: UNIT
  connect: full
  aggregate: KIND
  ENTRY
between: {kind: transition, width: 4}
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 5}}]
"""
BASIC = "{kind: basic, order: pre, width: 4}"
WIDER = "{kind: basic, order: pre, width: 6}"
FORMS = {
    "one": "{kind: streams, count: 1}",
    "static": "{kind: streams, count: 3}",
    "balanced": "{kind: streams, count: 3, mixing: doubly-stochastic}",
    "dynamic": "{kind: streams, count: 3, dynamic: true}",
    "dynamic and balanced": "{kind: streams, count: 2, mixing: doubly-stochastic, dynamic: true}",
    "one and dynamic": "{kind: streams, count: 1, dynamic: true}",
}
ENTRIES = {
    "identity": ("entry: identity", BASIC),
    "projection": ("entry: projection\n  stride: 2", WIDER),
    "a projection that is not needed": ("entry: projection", BASIC),
    "zeros": ("entry: pad", WIDER),
    "the first unit": ("entry: first\n  stride: [1, 2]", WIDER),
    "layers": ("entry: [{conv: 6}, norm]", WIDER),
}


def spec(kind: str = FORMS["static"], entry: str = "entry: identity", unit: str = BASIC) -> str:
    return SPEC.replace("KIND", kind).replace("ENTRY", entry).replace("UNIT", unit)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("entry", ENTRIES)
def test_equals_the_oracle(form: str, entry: str) -> None:
    made = emitted(spec(FORMS[form], *ENTRIES[entry]))
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("form", FORMS)
def test_takes_an_empty_batch(form: str) -> None:
    made = emitted(spec(FORMS[form], *ENTRIES["projection"]))
    assert made.network.eval()(inputs(made.graph, batch=0)).shape == (0, 5)


@pytest.mark.parametrize("form", FORMS)
def test_is_verified_and_fused(form: str) -> None:
    """Multiply-adds are what torch counts; the fused network is the network."""
    made = emitted(spec(FORMS[form], *ENTRIES["projection"]))
    assert verify_text(made.text, made.graph, made.checked.report).problems == []
    fusions = compare_fused(archdsl.build(made.checked.spec, fuse=True), made.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


def test_is_laid_out(tmp_path: Path) -> None:
    assert_laid_out(tmp_path, {form: check_text(spec(kind)).emit() for form, kind in FORMS.items()})


@pytest.mark.parametrize("mixing", ["free", "doubly-stochastic"])
def test_one_stream_is_a_residual_network(mixing: str) -> None:
    """At first its 1 x 1 matrix is 1, as are what is read and what is written."""
    streams = check_text(spec(f"{{kind: streams, count: 1, mixing: {mixing}}}"))
    residual = emitted(spec("sum"))
    state = archdsl.build(streams.spec).double().state_dict() | residual.network.state_dict()
    x = inputs(residual.graph)
    wanted = interpret(residual.graph, state, x)
    torch.testing.assert_close(interpret(streams.graph, state, x), wanted)


def test_streams_start_as_copies_of_a_residual_network() -> None:
    """Each reads one stream and writes to all alike; their sum is `count` times the residual one.

    The norm in front of the transition makes up for it.
    """
    text = spec(FORMS["static"]).replace("count: 2", "count: 1").replace("[4, 5]", "4")
    residual = emitted(text.replace(FORMS["static"], "sum"))
    network = archdsl.build(check_text(text).spec).double().eval()
    network.load_state_dict(residual.network.state_dict(), strict=False)
    x = inputs(residual.graph)
    with torch.no_grad():
        first = residual.network.eval().get_submodule("stem")(x)
        once = residual.network.get_submodule("stages.0")(first)
        thrice = network.get_submodule("stages.0")(first)
    torch.testing.assert_close(thrice, once.repeat(1, 3, 1, 1))


def test_each_layer_owns_n_times_n_plus_2_weights() -> None:
    """As in Zhu et al. 2024. A layer that reads the input of a projection reads no stream."""
    count, layers = 3, 4 + 5
    residual = check_text(spec("sum")).report.parameters
    owned = check_text(spec()).report.parameters - residual
    assert owned == count * (count + 2) * layers
    shapes = state_shapes(check_text(spec()).graph)
    assert shapes["stages.0.layers.0.read.weight"] == shapes["stages.1.joins.4.write"] == (3,)
    assert shapes["stages.0.joins.0.mix"] == (3, 3)
    projected = check_text(spec(FORMS["static"], *ENTRIES["projection"])).report.parameters
    wider = check_text(spec("sum", *ENTRIES["projection"])).report.parameters
    assert projected - wider == owned - 2 * count


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("form", ["static", "dynamic"])
def test_scaling_counts_what_the_compiler_counts(form: str, entry: str) -> None:
    text = spec(FORMS[form], *ENTRIES[entry])
    stage = check_text(text).report.stages[0]
    depth = 5 if entry == "the first unit" else 4
    (counted,) = counts(check_text(text).spec, [depth - (entry == "the first unit")])
    assert (counted.parameters, counted.links) == (stage.parameters, stage.links)


@pytest.mark.parametrize("form", FORMS)
def test_gradients_reach_every_weight_at_first(form: str) -> None:
    """But for the scale of what pixels add, as published: tanh of 0 is 0, whatever its scale.

    The last matrix of a stage never learns if it is doubly stochastic: the streams are added behind
    it, and such a matrix keeps their sum.
    """
    network = archdsl.build(check_text(spec(FORMS[form])).spec).double()
    x = torch.randn(3, 3, 8, 8, dtype=torch.float64)
    scales = {name for name, _ in network.named_parameters() if name.endswith("scale")}
    last = {"stages.0.joins.3.mix", "stages.1.joins.4.mix"} if "balanced" in form else set()
    assert without_gradient(network, x) == scales | last
    torch.optim.SGD(network.parameters(), lr=0.1).step()
    assert without_gradient(network, x) == last


def without_gradient(network: nn.Module, x: Tensor) -> set[str]:
    """The weights whose gradient is zero but for rounding."""
    network.zero_grad()
    network(x).square().sum().backward()
    sizes = {
        name: float(weight.grad.abs().max())
        for name, weight in network.named_parameters()
        if weight.grad is not None
    }
    return {name for name, size in sizes.items() if size < 1e-12 * max(sizes.values())}


@pytest.mark.parametrize("size", [1.0, 1e3])
def test_a_doubly_stochastic_matrix_stays_finite(size: float) -> None:
    function = load_module(check_text(spec(FORMS["balanced"])).emit()).write_streams
    torch.manual_seed(0)
    mix = size * torch.randn(3, 3, dtype=torch.float64)
    state = torch.eye(3, dtype=torch.float64).reshape(1, 9, 1)
    matrix = function([state, torch.zeros(1, 3, 1)], 20, mix, torch.zeros(3)).reshape(3, 3)
    assert matrix.isfinite().all()
    assert (matrix >= 0).all()
    torch.testing.assert_close(matrix.sum(dim=0), torch.ones(3, dtype=torch.float64))


@pytest.mark.parametrize("form", ["one", "static", "balanced"])
@pytest.mark.parametrize("entry", ["identity", "projection"])
def test_the_heat_map_has_the_factor_of_each_output(form: str, entry: str) -> None:
    """A layer's input moves by the factor, times as much as an output moves: it is linear."""
    made = emitted(spec(FORMS[form], *ENTRIES[entry]))
    panels = {p.stage: p for p in heat_map(made.graph, made.network.state_dict()).panels}
    stage: Any = made.network.get_submodule("stages.1")
    for layer in range(2, 6):
        for source in range(layer):
            outputs = torch.zeros(layer, 6 if entry == "projection" else 4, dtype=torch.float64)
            outputs[source] = 1.0
            state = outputs[:1].repeat(1, len(stage.joins[0].write))
            for join, output in zip(stage.joins, outputs[1:], strict=False):
                state = join([state, output[None]])
            factor = abs(float(stage.layers[layer - 1].read(state).detach()[0, 0]))
            assert panels[1].means[source, layer] == pytest.approx(factor)


def test_the_heat_map_leaves_out_factors_that_pixels_change() -> None:
    made = emitted(spec(FORMS["dynamic"]))
    with pytest.raises(ArchdslError) as refused:
        heat_map(made.graph, made.network.state_dict())
    (diagnostic,) = refused.value.diagnostics
    assert diagnostic.code == "A442"
    assert diagnostic.note == "the weights of `streams` do not tell the outputs apart"


REFUSED = {
    "a sequence over stages": ("connect: full", "connect: {rule: full, scope: network}", "A226"),
    "units of another width": (BASIC, "{kind: basic, order: pre, width: 5}", "A228"),
    "units of another size": (BASIC, "[{conv: {width: 4, stride: 2}}]", "A211"),
    "no stream": ("count: 3", "count: 0", "A101"),
    "too many streams": ("count: 3", "count: 65", "A101"),
    "half a stream": ("count: 3", "count: 1.5", "A101"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str) -> None:
    before, after, code = REFUSED[name]
    text = spec().replace(before, after)
    with pytest.raises(ArchdslError) as refused:
        check_text(text).require()
    diagnostics = refused.value.diagnostics
    assert {diagnostic.code for diagnostic in diagnostics} == {code}
    assert all(diagnostic.span for diagnostic in diagnostics)


@pytest.mark.parametrize("form", FORMS)
def test_training_memory_is_what_torch_keeps(form: str) -> None:
    graph = check_text(spec(FORMS[form])).graph
    network = archdsl.build(check_text(spec(FORMS[form])).spec)
    x = torch.rand(1, 3, 8, 8)
    kept = kept_by_torch(lambda: network(x), network.state_dict(keep_vars=True))
    assert kept == training(graph)


def modules(count: int, channels: int, dynamic: bool) -> tuple[Any, Any]:
    """How an emitted file reads a state, and how it writes an output into it, at random weights."""
    kind = f"{{kind: streams, count: {count}, dynamic: {str(dynamic).lower()}}}"
    text = spec(kind).replace("width: 4", f"width: {channels}")
    stage: Any = emitted(text).network.get_submodule("stages.0")
    return stage.layers[1].read, stage.joins[1]


@pytest.mark.parametrize("dynamic", [False, True])
def test_equals_the_hyper_connections_package(dynamic: bool) -> None:
    """Its norm scales the channels, which here is part of what they are multiplied with."""
    package = pytest.importorskip(
        "hyper_connections.hyper_connections_channel_first",
        reason="lucidrains/hyper-connections is absent",
    )
    count, channels = 3, 6
    read, write = modules(count, channels, dynamic)
    theirs = package.HyperConnections(count, dim=channels, layer_index=1).double()
    with torch.no_grad():
        theirs.static_alpha.copy_(torch.cat([read.weight[:, None], write.mix], dim=1))
        theirs.static_beta.copy_(write.write)
        theirs.norm.gamma.uniform_(-0.5, 0.5)
        if dynamic:
            theirs.dynamic_alpha_fn.weight.normal_()
            theirs.dynamic_beta_fn[0].weight.normal_()
            theirs.dynamic_alpha_scale.fill_(0.7)
            theirs.dynamic_beta_scale.fill_(0.3)
            gamma = theirs.norm.gamma.flatten() + 1
            by = (theirs.dynamic_alpha_fn.weight.flatten(1) * gamma).t()
            read.by.copy_(by[:, 0])
            read.scale.fill_(0.7)
            write_by = theirs.dynamic_beta_fn[0].weight.flatten() * gamma
            write.by.copy_(torch.cat([by[:, 1:], write_by[:, None]], dim=1))
            write.scale.copy_(torch.tensor([0.7, 0.3]))
    state = torch.randn(2, count * channels, 5, 4, dtype=torch.float64)
    output = torch.randn(2, channels, 5, 4, dtype=torch.float64)
    streams = state.reshape(2 * count, channels, 5, 4)
    given, add_output = theirs(streams)
    near = 1e-5 if dynamic else 1e-12  # our norm adds 1e-6 to the square
    torch.testing.assert_close(read(state), given, rtol=near, atol=near)
    written = write([state, output]).reshape(streams.shape)
    torch.testing.assert_close(written, add_output(output), rtol=near, atol=near)


def test_the_matrix_is_that_of_the_hyper_connections_package() -> None:
    """`sinkhorn_knopps` computes in float32."""
    package = pytest.importorskip(
        "hyper_connections.manifold_constrained_hyper_connections",
        reason="lucidrains/hyper-connections is absent",
    )
    function = load_module(check_text(spec(FORMS["balanced"])).emit()).write_streams
    mix = torch.randn(3, 3)
    state = torch.eye(3).reshape(1, 9, 1)
    matrix = function([state, torch.zeros(1, 3, 1)], 20, mix, torch.zeros(3)).reshape(3, 3)
    torch.testing.assert_close(matrix.t(), package.sinkhorn_knopps(mix))
