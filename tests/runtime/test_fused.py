"""Fused networks compute what plain ones do, whatever the statistics, never from old weights."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import archdsl
from archdsl.api import Checked, check, check_text, load
from archdsl.building import load_module, network_class
from archdsl.ir.ops import Input
from cli.commands import SPECS
from emit.networks import REPRESENTATIVES
from emit.test_corners import CORNERS, MEANINGLESS, TOP
from strategies import specs

SHIPPED = sorted(SPECS.glob("*.yaml"))
SMALL = {"depth": 22}
Norms = Callable[[nn.Module], None]


def built(checked: Checked) -> nn.Module:
    """A fused file's network, in evaluation."""
    return network_class(load_module(checked.emit(fuse=True)))().eval()


def batch(checked: Checked, size: int = 2) -> Tensor:
    op = checked.graph.input.op
    assert isinstance(op, Input)
    return torch.randn(size, *op.shape)


def norms(network: nn.Module) -> Iterator[Any]:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            yield module


def ordinary(network: nn.Module) -> None:
    for norm in norms(network):
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
        norm.weight.data.uniform_(0.5, 1.5)
        norm.bias.data.normal_()


def signed(network: nn.Module) -> None:
    """A third of the scales zero, a third negative."""
    ordinary(network)
    for norm in norms(network):
        norm.weight.data.mul_(torch.randint(-1, 2, norm.weight.shape))


def shifted(network: nn.Module) -> None:
    """Means twenty deviations from zero."""
    ordinary(network)
    for norm in norms(network):
        norm.running_mean.copy_(20 * norm.running_var.sqrt())


def tiny(network: nn.Module) -> None:
    """Scales whose bounds no float32 holds."""
    ordinary(network)
    for norm in norms(network):
        norm.weight.data.mul_(
            torch.tensor([1.0, 1e-38, -1e-38, 1e-42])[torch.randint(4, norm.weight.shape)]
        )


STATISTICS: dict[str, Norms] = {
    "ordinary": ordinary, "signed": signed, "shifted": shifted, "tiny": tiny,
}  # fmt: skip


def errors(network: nn.Module, x: Tensor, least: float) -> tuple[float, float, str]:
    """Of the fused path and of the plain one, against float64; and why, if not fused.

    Relative to the outputs, or to outputs of size `least`: some small networks make nothing but
    zeros, and a bound keeps what is cut off to within rounding.
    """
    fast = network.fuse()  # type: ignore[operator]
    exact = copy.deepcopy(network).double()
    with torch.inference_mode():
        wanted = exact(x.double())
        found, plain = fast(x), network(x)
    size = wanted.norm().clamp(min=max(1e-30, least * wanted.numel() ** 0.5))
    assert found.shape == plain.shape
    return (
        float((found.double() - wanted).norm() / size),
        float((plain.double() - wanted).norm() / size),
        fast.why,
    )


def assert_close(network: nn.Module, x: Tensor, least: float = 0.0) -> None:
    found, plain, why = errors(network, x, least)
    assert why == ""
    assert found <= max(10 * plain, 1e-5)


@pytest.mark.parametrize("statistics", STATISTICS)
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_networks(path: Any, statistics: str) -> None:
    wanted = {"depth": 22} if "depth" in path.read_text() and "depth:" in path.read_text() else {}
    checked = check(load(path, wanted))
    network = built(checked)
    STATISTICS[statistics](network)
    assert_close(network, batch(checked))


@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_networks_of_every_kind(name: str) -> None:
    checked = check_text(REPRESENTATIVES[name])
    network = built(checked)
    signed(network)
    x = batch(checked)
    if x.dim() == 4:
        assert_close(network, x, least=1)


@pytest.mark.parametrize("name", sorted(CORNERS.keys() - MEANINGLESS))
def test_corners(name: str) -> None:
    checked = check_text(TOP + CORNERS[name])
    network = built(checked)
    signed(network)
    assert_close(network, batch(checked), least=1)


@settings(max_examples=60)
@given(specs(), st.sampled_from(sorted(STATISTICS)))
def test_any_network(case: Any, statistics: str) -> None:
    checked = check_text(case.text)
    network = built(checked)
    STATISTICS[statistics](network)
    x = batch(checked)
    if x.dim() == 4:
        assert_close(network, x, least=1)


@pytest.fixture
def network() -> nn.Module:
    made = built(check(load(SPECS / "sparsenet-bc-cifar.yaml", SMALL)))
    ordinary(made)
    return made


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 3, 32, 32)


def assert_follows(network: Any, fast: Any, x: Tensor) -> None:
    """The fused network is not that of before."""
    with torch.inference_mode():
        assert torch.allclose(fast(x), network(x), rtol=1e-3, atol=1e-3)
    assert fast.why == ""


def run(fast: Any, x: Tensor) -> Tensor:
    with torch.inference_mode():
        made: Tensor = fast(x)
    return made


CHANGES: dict[str, Callable[[Any], Any]] = {
    "in place": lambda n: n.stages[0].layers[1].conv1.weight.detach().mul_(3),
    "statistics": lambda n: n.stages[0].layers[1].norm1.running_mean.add_(2),
    "another tensor": lambda n: setattr(
        n.stages[1].layers[0].conv2, "weight", nn.Parameter(torch.randn(24, 96, 3, 3))
    ),
    "another tensor's data": lambda n: setattr(
        n.stages[1].layers[0].conv2.weight, "data", torch.randn(24, 96, 3, 3)
    ),
    "a state dict": lambda n: n.load_state_dict(
        {k: v + 0.1 if v.is_floating_point() else v for k, v in n.state_dict().items()}
    ),
    "another layer": lambda n: setattr(n.head, "linear", nn.Linear(n.head.linear.in_features, 100)),
}


@pytest.mark.parametrize("name", list(CHANGES))
def test_weights_may_change(name: str, network: Any, x: Tensor) -> None:
    fast = network.fuse()
    before = run(fast, x)
    with torch.no_grad():
        CHANGES[name](network)
    assert not torch.allclose(run(fast, x), before, rtol=1e-3)
    assert_follows(network, fast, x)


def test_writes_past_autograd_are_seen_after_eval(network: Any, x: Tensor) -> None:
    """`.data` has a count of versions of its own."""
    fast = network.fuse()
    before = run(fast, x)
    network.head.linear.weight.data.mul_(2)
    network.stages[0].layers[1].conv1.weight.data.mul_(2)
    fast.eval()
    assert not torch.allclose(run(fast, x), before, rtol=1e-3)
    assert_follows(network, fast, x)


def test_training_goes_on(network: Any, x: Tensor) -> None:
    fast = network.fuse()
    before = run(fast, x)
    fast.train()
    optimiser = torch.optim.SGD(network.parameters(), 0.1)
    fast(x).square().sum().backward()
    assert fast.why == "the network is training: call eval()"
    optimiser.step()
    fast.eval()
    assert not torch.allclose(run(fast, x), before, rtol=1e-3)
    assert_follows(network, fast, x)


def test_gradients_are_those_of_the_network(network: Any, x: Tensor) -> None:
    fast = network.fuse()
    fast(x).sum().backward()
    assert fast.why == "gradients are on: use torch.inference_mode()"
    assert all(p.grad is not None for p in network.parameters())


def test_copies_stand_alone(network: Any, x: Tensor) -> None:
    fast = network.fuse()
    before = run(fast, x)
    for other in (copy.deepcopy(fast), pickle.loads(pickle.dumps(fast))):
        assert torch.equal(run(other, x), before)
        with torch.no_grad():
            other.network.head.linear.weight.mul_(2)
        assert not torch.allclose(run(other, x), before, rtol=1e-3)
        assert torch.equal(run(fast, x), before)


def test_state_dicts_are_those_of_the_network(network: Any) -> None:
    keys = set(network.state_dict())
    fast = network.fuse()
    assert set(network.state_dict()) == keys
    assert {key.removeprefix("network.") for key in fast.state_dict()} == keys


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda n, f: f.double(), "the input is no batch of float32 maps on a CPU"),
        (lambda n, f: n.stem.conv.weight.data.double(), ""),
        (lambda n, f: n.stem.register_forward_hook(lambda *_: None), "hooks want to see"),
        (lambda n, f: n.train(), "the network is training"),
    ],
)
def test_what_does_not_apply_runs_the_network(
    change: Any, why: str, network: Any, x: Tensor
) -> None:
    fast = network.fuse()
    change(network, fast)
    weight = next(network.parameters())
    given = x.to(weight.dtype)
    with torch.inference_mode():
        found, wanted = fast(given), network(given)
    assert fast.why.startswith(why)
    if why and "training" not in why:
        assert torch.equal(found, wanted)


def test_autocast_is_the_network_s_own(network: Any, x: Tensor) -> None:
    fast = network.fuse()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(fast(x), network(x))
    assert fast.why == "autocast is on"


def test_hooks_inside_a_unit_are_called(network: Any, x: Tensor) -> None:
    fast = network.fuse()
    seen = []
    network.stages[0].layers[1].conv2.register_forward_hook(lambda *_: seen.append(1))
    assert_follows(network, fast, x)
    assert len(seen) == 2


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["densenet-cifar", "sparsenet-bc-cifar", "resnet-preact-cifar"])
def test_inputs_that_are_no_numbers_behave_as_in_the_plain_path(name: str, value: float) -> None:
    made = built(check(load(SPECS / f"{name}.yaml", SMALL)))
    ordinary(made)
    given = torch.randn(2, 3, 32, 32)
    given[0, 1, 5, 5] = value
    with torch.inference_mode():
        found, plain = made.fuse()(given), made(given)  # type: ignore[operator]
    assert torch.equal(found.isnan(), plain.isnan())
    assert torch.equal(found.isinf(), plain.isinf())
    assert torch.allclose(found[1], plain[1], rtol=1e-3, atol=1e-3)


def test_without_onednn(network: Any, x: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert_close(network, x)


@pytest.mark.parametrize("size", [1, 3, 8])
def test_batches_of_any_size_in_turn(size: int, network: Any) -> None:
    fast = network.fuse()
    for count in (size, 1, size):
        assert_follows(network, fast, torch.randn(count, 3, 32, 32))
        assert_follows(network, fast, torch.randn(count, 3, 40, 24))


def test_inputs_of_any_layout(network: Any, x: Tensor) -> None:
    fast = network.fuse()
    before = run(fast, x)
    for same in (x.contiguous(memory_format=torch.channels_last), x.repeat(1, 1, 1, 2)[..., :32]):
        assert torch.equal(run(fast, same), before)


def test_from_python() -> None:
    spec = archdsl.load(SPECS / "densenet-cifar.yaml", SMALL)
    assert not hasattr(archdsl.build(spec), "fuse")
    assert hasattr(archdsl.build(spec, fuse=True), "fuse")
