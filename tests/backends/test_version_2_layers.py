"""Layers of the second version of the language: emitted, they compute what the oracle computes."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import pytest
import torch
from torch.utils.checkpoint import checkpoint

from archdsl.analysis.parameters import state_shapes
from archdsl.api import build, check_text
from archdsl.frontend.load import parse
from archdsl.oracle.comparison import compare_fused, load_module, network_class
from archdsl.oracle.layers.activation import FUNCTIONS
from backends.networks import apart, assert_equals_oracle, assert_laid_out, copied, emitted

NETWORK = """archdsl: 2
name: net
input: [3, 8, 9]
stem: [{{conv: {{width: 8, kernel: 3}}}}, {layer}]
stages:
  count: 2
  layers: 3
  unit: [{layer}, relu, {{conv: {{width: 8, kernel: 3}}}}]
  connect: full
  aggregate: {aggregate}
between: [{{conv: {{width: 12, kernel: 1}}}}, silu, {layer}, {{conv: {{width: 8, kernel: 1}}}}]
head: [{layer}, relu, {{pool: {{to: 1}}}}, flatten, {{linear: {{width: 6}}}}{flat}]
"""

BACK = "{conv: {width: 8, kernel: 1}}"
MAPS_ONLY = (
    "{norm: instance}", "{shuffle: 2}", f"{{keep: {{width: 2}}}}, {BACK}",
    f"{{keep: {{start: 2, width: 5}}}}, {BACK}", f"{{select: 6}}, {BACK}",
    f"{{conv: {{width: 4}}}}, {{keep: {{start: 1, width: 2}}}}, relu, {BACK}",
)  # fmt: skip
LAYERS = [
    "{norm: {eps: 0.001}}", "{norm: layer}", "{norm: {kind: layer, eps: 1e-6}}", "{norm: rms}",
    "{norm: {kind: group, groups: 2}}", "relu6", "{norm: layer}, relu2", "sigmoid", "tanh",
    "hardsigmoid", "hardswish", "mish", "leaky", "{leaky: 1 / 8}", "prelu", "{prelu: channel}",
    "{scale: 0.5}", "{drop_unit: 0.25}", "{drop_unit: (layer - 1) / 10}",
    "{drop_unit: (layer - 1) / 4}, {dropout: (layer - 1) % 2 / 4}",
    *MAPS_ONLY,
]  # fmt: skip


def text(layer: str, aggregate: str) -> str:
    flat = "" if layer in MAPS_ONLY else f", {layer}, {{linear: {{width: 5}}}}"
    if "(layer" in layer:  # the number of a layer is known in units alone
        plain = NETWORK.format(layer="relu", aggregate=aggregate, flat="")
        return plain.replace("unit: [relu", f"unit: [{layer}")
    return NETWORK.format(layer=layer, aggregate=aggregate, flat=flat)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("aggregate", ["concat", "sum"])
def test_equals_the_oracle(layer: str, aggregate: str) -> None:
    made = emitted(text(layer, aggregate))
    found = {name: tuple(value.shape) for name, value in made.network.state_dict().items()}
    assert found == state_shapes(made.graph)
    count = sum(weight.numel() for weight in made.network.parameters())
    assert count == made.checked.report.parameters
    assert_equals_oracle(made.network, made.graph, batch=3)


def test_a_projection_reads_what_the_layers_before_the_first_convolution_make() -> None:
    unit = "{keep: {width: 5}}, relu, {conv: {width: 8, kernel: 3}}"
    plain = NETWORK.format(layer="relu", aggregate="sum", flat="")
    listed = "unit: [relu, relu, {conv: {width: 8, kernel: 3}}]"
    made = emitted(plain.replace(listed, f"unit: [{unit}]\n  entry: projection\n  stride: 2"))
    assert "projection.conv.weight" in str(list(made.network.state_dict()))
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize(
    ("norm", "module"),
    [
        ("norm", "nn.BatchNorm2d(8)"),
        ("{norm: {eps: 0.001}}", "nn.BatchNorm2d(8, eps=0.001)"),
        ("{norm: layer}", "ChannelLayerNorm(8)"),
        ("{norm: rms}", "ChannelRMSNorm(8, eps=1e-05)"),
        ("{norm: {kind: group, groups: 2}}", "nn.GroupNorm(2, 8)"),
        ("{norm: instance}", "nn.GroupNorm(8, 8)"),
    ],
)
def test_the_norm_of_a_projection_is_of_the_kind_of_the_last_norm_of_the_unit(
    norm: str, module: str
) -> None:
    unit = f"{{conv: 6}}, {norm}, relu, {{conv: 8}}"
    plain = NETWORK.format(layer="relu", aggregate="sum", flat="")
    listed = "unit: [relu, relu, {conv: {width: 8, kernel: 3}}]"
    made = emitted(plain.replace(listed, f"unit: [{unit}]\n  entry: projection\n  stride: 2"))
    assert module in made.text.split("class Projection")[1].split("def forward")[0]
    assert_equals_oracle(made.network, made.graph, batch=3)
    fusions = compare_fused(build(made.checked.spec, fuse=True), made.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


def test_a_stem_that_slices_its_input_has_a_fixed_number_of_input_channels() -> None:
    plain = NETWORK.format(layer="relu", aggregate="concat", flat="")
    text = check_text(plain.replace("stem: [", "stem: [{keep: {width: 2}}, ")).emit()
    assert "in_channels" not in text.split("class Net(")[1].split("def forward")[0]


@pytest.mark.parametrize("layer", LAYERS)
def test_is_exported_and_saved(layer: str) -> None:
    network = emitted(text(layer, "concat")).network.eval()
    x = torch.randn(2, 3, 8, 9, dtype=torch.float64)
    wanted = network(x)
    exported = torch.export.export(network, (x,)).module()
    torch.testing.assert_close(exported(x), wanted)
    torch.testing.assert_close(torch.fx.symbolic_trace(exported)(x), wanted)
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    network.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(network(x), wanted)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_whole_module_is_pickled(layer: str) -> None:
    network = build(parse(text(layer, "concat"))).eval()
    x = torch.randn(2, 3, 8, 9)
    assert torch.equal(pickle.loads(pickle.dumps(network))(x), network(x))


@pytest.mark.parametrize("number", [8, -1])
def test_an_index_beyond_the_channels_is_an_error_of_torch(number: int) -> None:
    network = emitted(text(f"{{select: 6}}, {BACK}", "concat")).network
    index = torch.tensor([0, 1, 2, 3, 4, number])
    network.load_state_dict(copied(network) | {"stem.select.index": index})
    with pytest.raises((IndexError, RuntimeError), match="out of"):
        network(torch.randn(2, 3, 8, 9, dtype=torch.float64))


@pytest.mark.parametrize("layer", LAYERS)
def test_a_fused_network_runs_it(layer: str) -> None:
    made = check_text(text(layer, "concat"))
    network = network_class(load_module(made.emit(fuse=True)))()
    fusions = compare_fused(network, made.graph)
    assert fusions
    assert all(fusion.holds for fusion in fusions)


def test_hardsigmoid_is_its_formula_but_for_the_gradient_of_torch() -> None:
    x = torch.linspace(-8, 8, 1001, dtype=torch.float64).requires_grad_()
    values = FUNCTIONS["hardsigmoid"](x)
    wanted = (x / 6 + 0.5).clamp(0, 1)
    torch.testing.assert_close(values, wanted, rtol=0, atol=1e-15)
    (gradient,) = torch.autograd.grad(values.sum(), x)
    (exact,) = torch.autograd.grad(wanted.sum(), x)
    assert 1e-9 < apart(gradient, exact) < 1e-7


@pytest.mark.parametrize(
    ("layer", "channels"),
    [
        ("{norm: layer}", 3),
        ("{norm: rms}", 3),
        ("{keep: {width: 1}}", 1),
        ("{keep: {width: 1}}", 3),
    ],
)
def test_checkpointing_drops_the_same_elements_again(layer: str, channels: int) -> None:
    """Dropout draws in the order of the memory, so layouts must not depend on gradients.

    A checkpoint runs once without gradients and again with them, from the same random state.
    """
    unit = f"unit: [{layer}, relu, {{conv: {{width: 4, kernel: 3}}}}, {{dropout: 0.5}}]"
    text = f"archdsl: 2\nname: net\ninput: [{channels}, 8, 8]\nstages:\n  count: 1\n  layers: 3\n"
    network = emitted(f"{text}  {unit}\n  connect: full\n  aggregate: concat\n").network
    x = torch.randn(2, channels, 8, 8, dtype=torch.float64).requires_grad_()
    torch.manual_seed(1)
    wanted = torch.autograd.grad(network(x).square().sum(), x)
    torch.manual_seed(1)
    output = checkpoint(network, x, use_reentrant=True)
    output.square().sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, wanted[0])


def test_files_are_laid_out_as_ruff_would(tmp_path: Path) -> None:
    texts = {str(n): check_text(text(layer, "concat")).emit() for n, layer in enumerate(LAYERS)}
    assert_laid_out(tmp_path, texts)
