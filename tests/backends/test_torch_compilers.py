"""Emitted modules go through torch's compilers whole, and come out the same."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.fx.experimental.proxy_tensor import make_fx

from backends.networks import REPRESENTATIVES, TOLERANCE, apart, emitted, gradients

NAMES = sorted(REPRESENTATIVES)


@pytest.fixture(params=NAMES)
def network(request: pytest.FixtureRequest) -> nn.Module:
    return emitted(REPRESENTATIVES[request.param]).network


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 3, 8, 8, dtype=torch.float64)


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_compile_in_one_graph(network: nn.Module, x: Tensor, backend: str) -> None:
    """No graph breaks: in evaluation without gradients, in training with them."""
    torch.compiler.reset()
    compiled = torch.compile(network, fullgraph=True, backend=backend)
    twin = copy.deepcopy(network)
    with torch.no_grad():
        network.eval()
        assert apart(compiled(x), twin.eval()(x)) <= TOLERANCE
    network.train()
    output, expected = compiled(x), twin.train()(x)
    assert apart(output, expected) <= TOLERANCE
    found = gradients(output, dict(network.named_parameters()))
    wanted = gradients(expected, dict(twin.named_parameters()))
    assert found.keys() == wanted.keys()
    for name, gradient in found.items():
        assert apart(gradient, wanted[name], 1e-3) <= TOLERANCE


@pytest.mark.parametrize("keeps_gradients", [False, True])
def test_export(network: nn.Module, x: Tensor, keeps_gradients: bool) -> None:
    """For every size of batch."""
    batch = torch.export.Dim("batch", min=2)
    network.eval()
    with torch.set_grad_enabled(keeps_gradients):
        program = torch.export.export(network, (x,), dynamic_shapes=({0: batch},))
        other = torch.randn(5, 3, 8, 8, dtype=torch.float64)
        assert apart(program.module()(other), network(other)) <= TOLERANCE
    assert set(program.state_dict) == set(network.state_dict())


@pytest.mark.filterwarnings(r"ignore:`torch\.jit\.trace(_method)?` is deprecated")
def test_trace(network: nn.Module, x: Tensor) -> None:
    network.eval()
    with torch.no_grad():
        traced = torch.jit.trace(network, x)  # type: ignore[no-untyped-call]
    assert_traced(traced, network, x)
    assert set(traced.state_dict()) == set(network.state_dict())


@pytest.mark.parametrize("keeps_gradients", [False, True])
def test_symbolic_trace(network: nn.Module, x: Tensor, keeps_gradients: bool) -> None:
    network.eval()
    with torch.set_grad_enabled(keeps_gradients):
        traced = torch.fx.symbolic_trace(network)
    assert_traced(traced, network, x)


@pytest.mark.parametrize("mode", ["real", "fake"])
@pytest.mark.parametrize("keeps_gradients", [False, True])
def test_make_fx(network: nn.Module, x: Tensor, mode: Any, keeps_gradients: bool) -> None:
    network.eval()
    weights = dict(network.named_parameters()) | dict(network.named_buffers())

    def run(weights: dict[str, Tensor], x: Tensor) -> Tensor:
        output: Tensor = torch.func.functional_call(network, weights, (x,))
        return output

    with torch.set_grad_enabled(keeps_gradients):
        traced = make_fx(run, tracing_mode=mode)(weights, x)
    assert_traced(lambda x: traced(weights, x), network, x)


def assert_traced(traced: Callable[[Tensor], Tensor], network: nn.Module, x: Tensor) -> None:
    """What was traced, with gradients or without, computes the same with gradients and without."""
    other = torch.randn_like(x)
    with torch.no_grad():
        assert apart(traced(other), network(other)) <= TOLERANCE
    weights = dict(network.named_parameters())
    found, wanted = gradients(traced(other), weights), gradients(network(other), weights)
    for name, gradient in found.items():
        assert apart(gradient, wanted[name], 1e-3) <= TOLERANCE


def test_on_the_meta_device(network: nn.Module, x: Tensor) -> None:
    """Shapes alone, without memory for weights."""
    shape = network.eval()(x).shape
    absent = copy.deepcopy(network).to("meta")
    for keeps_gradients in (False, True):
        with torch.set_grad_enabled(keeps_gradients):
            assert absent(x.to("meta")).shape == shape
