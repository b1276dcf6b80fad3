"""A stage as one operator gives the numbers of its layers one after another, and of the oracle."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from archdsl.api import check as check_spec
from archdsl.api import check_text, load
from backends.networks import apart, differences
from cli.commands import SPECS
from runtime.operators import (
    assert_same,
    batch,
    gradients,
    network,
    obstacles,
    plain,
    spec,
    statistics,
)

CONV = "{conv: {width: 4, kernel: 3}}"
FUNCTIONS = (
    "relu6",
    "gelu",
    "silu",
    "sigmoid",
    "tanh",
    "hardsigmoid",
    "hardswish",
    "mish",
)
UNITS = {
    "two norms": "{kind: dense-bottleneck, order: pre, width: 4, inner: 6}",
    "one norm": "{kind: basic, order: pre, width: 4}",
    "three convolutions": f"[norm, relu, {{conv: 5}}, norm, relu, {CONV}, norm, relu, {{conv: 4}}]",
    "norm last": f"[{CONV}, norm, relu]",
    "no norm": f"[relu, {CONV}]",
    **{f"{f}": f"[norm, {f}, {{conv: 5}}, {f}, {CONV}]" for f in FUNCTIONS},
    "function alone": f"[gelu, {CONV}, norm, relu6]",
    "no relu": f"[norm, {CONV}, norm]",
    "convolutions alone": f"[{{conv: 6}}, {CONV}]",
    "biases": f"[norm, relu, {{conv: {{width: 6, bias: true}}}}, {CONV}, relu,"
    " {conv: {width: 4, kernel: 3, bias: true}}]",
    "groups and dilation": "[norm, relu, {conv: {width: 4, kernel: 3, dilation: 2}},"
    " relu, {conv: {width: 4, kernel: [1, 3], groups: 2}}]",
}
RULES = ("full", "exponential", "{rule: exponential, base: 3}", "harmonic",
         "{rule: window, last: 2}", "{rule: full, order: newest}",
         "{rule: offsets, offsets: [1, 3]}",
         "{rule: strided, step: 2}", "{rule: random, model: er, p: 0.7, nodes: 4, seed: 2}",
         "{rule: explicit, reads: [[0], [1], [2, 0], [0, 1, 3], [4, 2]]}")  # fmt: skip
EXITS = ("rule", "all", "last", "newest-first", "made", "{connect: {rule: window, last: 2}}")
EXACT = 1e-10


def worst(made: Any, checked: Any) -> dict[str, float]:
    """The differences from the oracle that are more than those of rounding."""
    return {n: d for n, d in differences(made, checked.graph, 3) if not d <= EXACT}


@pytest.mark.parametrize("connect", RULES)
@pytest.mark.parametrize("unit", UNITS)
def test_every_wiring_of_every_unit_equals_the_oracle(unit: str, connect: str) -> None:
    checked = spec(UNITS[unit], connect)
    made = network(checked)
    assert not obstacles(made, batch())
    assert not worst(made, checked)


def test_squares_of_relus_equal_the_oracle() -> None:
    """In few layers: in evaluation the numbers grow with each of them."""
    checked = spec(f"[norm, relu2, {CONV}]", "full")
    made = network(checked)
    assert not obstacles(made, batch())
    assert not worst(made, checked)


@pytest.mark.parametrize("leaves", EXITS)
def test_every_exit_equals_the_oracle(leaves: str) -> None:
    checked = spec(more=f"exit: {leaves}")
    made = network(checked)
    assert not obstacles(made, batch())
    assert not worst(made, checked)


@st.composite
def stages(draw: DrawFn) -> Any:
    """A spec with a rule for each stage, and units of any activations and convolutions."""

    def unit() -> str:
        parts: list[str] = []
        for _ in range(draw(st.integers(1, 3))):
            function = draw(st.sampled_from(["relu", "silu", "tanh"]))
            parts += ["norm"] * draw(st.booleans()) + [function] * draw(st.booleans())
            width = draw(st.sampled_from([2, 4, 6]))
            kernel, groups = draw(st.sampled_from([1, 3])), draw(st.sampled_from([1, 1, 2]))
            bias = draw(st.sampled_from(["", ", bias: true"]))
            numbers = f"width: {width}, kernel: {kernel}, groups: {groups}{bias}"
            parts.append(f"{{conv: {{{numbers}}}}}")
        parts += ["norm"] * draw(st.booleans()) + ["relu"] * draw(st.booleans())
        return f"[{', '.join(parts)}]"

    size = draw(st.sampled_from(["[4, 6]", "[4, 5, 7]", "[4, 3, 4, 4]"]))
    rule = draw(st.sampled_from(RULES[:8]))
    text = f"archdsl: 2\nname: net\ninput: {size}\nstages: {{count: 2, layers: 3, unit: {unit()}, "
    return check_text(f"{text}connect: {rule}, aggregate: concat, exit: all}}\n")


@given(stages())
def test_drawn_stages_equal_the_oracle(checked: Any) -> None:
    made = network(checked)
    assert not worst(made, checked)


@pytest.mark.parametrize("name", ["densenet-bc-cifar", "sparsenet-bc-cifar", "densenet-cifar"])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_published_networks_in_both_layouts(name: str, layout: torch.memory_format) -> None:
    made = network(check_spec(load(SPECS / f"{name}.yaml", {"depth": 22, "growth": 6})))
    other = plain(made)
    x = torch.randn(3, 3, 16, 16, dtype=torch.float64).to(memory_format=layout)
    outputs = [each(x) for each in (made, other)]
    assert apart(*outputs) < 1e-12
    for output in outputs:
        output.square().sum().backward()
    assert_same(made, other)


def test_running_statistics_after_three_steps_with_momenta_of_their_own() -> None:
    made = network()
    norms = [m for m in made.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for place, norm in enumerate(norms):
        norm.momentum = (None, 0.1, 0.3)[place % 3]
        norm.eps = (1e-5, 1e-3, 1e-1)[place % 3]
    other = plain(made)
    for step in range(3):
        for each in (made, other):
            each(batch() * (step + 1)).square().sum().backward()
    assert not obstacles(made, batch())
    assert_same(made, other)
    assert all(norm.num_batches_tracked == 3 for norm in norms)


def test_a_norm_that_tracks_nothing_keeps_nothing() -> None:
    made = network()
    norm = made.stages[0].layers[1].norm1
    norm.track_running_stats = False
    before = norm.running_mean.clone()
    other = plain(made)
    for each in (made, other):
        each(batch()).square().sum().backward()
    assert_same(made, other)
    assert norm.running_mean.equal(before)


def test_dropout_drops_the_same_elements_and_statistics_are_those_of_what_is_left() -> None:
    checked = spec("{kind: dense-bottleneck, order: pre, width: 4, dropout: 0.4}")
    for layout in (torch.contiguous_format, torch.channels_last):
        made = network(checked)
        other = plain(made)
        results = []
        for each in (made, other):
            torch.manual_seed(5)
            results.append(each(batch().to(memory_format=layout)))
            results[-1].square().sum().backward()
        assert apart(*results) < 1e-12
        assert_same(made, other)


def test_far_means_lose_no_digits() -> None:
    made = network().float()
    other, exact = plain(made), plain(made).double()
    for norm in made.stages[0].layers:
        assert norm.norm1.weight is not None
    x = batch().float() + 100
    for each in (made, other, exact):
        each(x.to(next(each.parameters()).dtype)).square().sum().backward()
    errors = [apart(gradients(each), gradients(exact)) for each in (made, other)]
    assert errors[0] < 3 * errors[1] + 1e-5


def test_gradients_by_finite_differences() -> None:
    made = network(spec(UNITS["two norms"], "full"))
    stage = made.stages[0]
    weights = dict(stage.named_parameters())
    for norm in (m for m in stage.modules() if isinstance(m, torch.nn.BatchNorm2d)):
        norm.track_running_stats = False

    def output(x: torch.Tensor, *values: torch.Tensor) -> Any:
        new = dict(zip(weights, values, strict=True))
        return torch.func.functional_call(stage, new, (x,))

    x = torch.randn(2, 6, 2, 2, dtype=torch.float64, requires_grad=True)
    assert not stage.operator.obstacle(stage.layers, x)
    values = [weight.detach().clone().requires_grad_() for weight in weights.values()]
    assert torch.autograd.gradcheck(output, (x, *values), fast_mode=True)


def test_the_input_gets_its_gradient() -> None:
    made = network()
    other = plain(made)
    found = []
    for each in (made, other):
        x = batch().requires_grad_()
        each(x).square().sum().backward()
        found.append(x.grad)
    assert apart(*found) < 1e-12  # type: ignore[arg-type]


def test_frozen_weights_get_none() -> None:
    made = network()
    for weight in made.stages[0].parameters():
        weight.requires_grad_(requires_grad=False)
    other = plain(made)
    for each in (made, other):
        each(batch()).square().sum().backward()
    pairs = zip(made.parameters(), other.parameters(), strict=True)
    for found, wanted in pairs:
        assert (found.grad is None) == (wanted.grad is None)
    assert apart(made.head.linear.weight.grad, other.head.linear.weight.grad) < 1e-12
    assert apart(statistics(made), statistics(other)) < 1e-12
