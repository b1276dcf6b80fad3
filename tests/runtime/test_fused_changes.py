"""Fused networks never answer from old weights, nor from what another run left."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.api import check, check_text, load
from cli.commands import SPECS
from runtime.fused import SMALL, assert_follows, built, fused, ordinary, run

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
    "a state dict of other tensors": lambda n: n.load_state_dict(
        {k: v + 0.1 if v.is_floating_point() else v for k, v in n.state_dict().items()}, assign=True
    ),
    "another layer": lambda n: setattr(n.head, "linear", nn.Linear(n.head.linear.in_features, 100)),
    "another unit": lambda n: n.stages[0].layers.__setitem__(
        1, type(n.stages[0].layers[1])(n.stages[0].layers[1].norm1.num_features).eval()
    ),
}


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("name", CHANGES)
def test_weights_may_change(name: str, device: str, network: Any, x: Tensor) -> None:
    fast = fused(network, device)
    before = run(fast, x)
    with torch.no_grad():
        CHANGES[name](network)
    assert not torch.allclose(run(fast, x), before, rtol=1e-3)
    assert_follows(network, fast, x)


def test_writes_past_autograd_are_seen_after_eval(network: Any, x: Tensor) -> None:
    """`.data` has a count of versions of its own."""
    fast = fused(network)
    before = run(fast, x)
    network.head.linear.weight.data.mul_(2)
    network.stages[0].layers[1].conv1.weight.data.mul_(2)
    fast.eval()
    assert not torch.allclose(run(fast, x), before, rtol=1e-3)
    assert_follows(network, fast, x)


def test_training_goes_on(network: Any, x: Tensor) -> None:
    fast = fused(network)
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
    fast = fused(network)
    fast(x).sum().backward()
    assert fast.why == "gradients are on: use torch.inference_mode()"
    assert all(p.grad is not None for p in network.parameters())


def test_copies_stand_alone(network: Any, x: Tensor) -> None:
    fast = network.fuse()
    before = run(fast, x)
    for other in (copy.deepcopy(fast), pickle.loads(pickle.dumps(fast))):
        assert torch.equal(run(other, x), before)
        assert other.why == ""
        with torch.no_grad():
            other.network.head.linear.weight.mul_(2)
        assert not torch.allclose(run(other, x), before, rtol=1e-3)
        assert torch.equal(run(fast, x), before)


def test_state_dicts_are_those_of_the_network(network: Any, x: Tensor) -> None:
    keys = set(network.state_dict())
    fast = fused(network)
    run(fast, x)
    assert set(network.state_dict()) == keys
    assert {key.removeprefix("network.") for key in fast.state_dict()} == keys


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_modes_may_take_turns(mode: Any, device: str, network: Any, x: Tensor) -> None:
    """What was made in one is used in the other."""
    fast = fused(network, device)
    with mode():
        first = fast(x)
    for other in (torch.inference_mode, torch.no_grad, mode):
        with other():
            assert torch.equal(fast(x), first)
            assert fast.why == ""


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize(
    "name", ["densenet-bc-cifar", "sparsenet-bc-cifar", "resnet-preact-cifar", "fractalnet-cifar"]
)
def test_results_are_the_caller_s(name: str, device: str, x: Tensor) -> None:
    """The next run writes over nothing that was given out, and nothing that was put in."""
    network = built(
        check(load(SPECS / f"{name}.yaml", SMALL if name != "fractalnet-cifar" else {}))
    )
    ordinary(network)
    fast, other = fused(network, device), torch.randn(2, 3, 32, 32)
    kept = x.clone()
    first = run(fast, x)
    copied = first.clone()
    second = run(fast, other)
    assert torch.equal(first, copied)
    assert not torch.equal(second, first)
    with torch.inference_mode():
        first.zero_()
    assert torch.equal(run(fast, x), copied)
    assert torch.equal(x, kept)


@pytest.mark.parametrize("text", ["exit: all", "exit: rule"])
@pytest.mark.parametrize("connect", ["full", "exponential"])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_results_of_a_network_that_ends_in_a_stage(text: str, connect: str, device: str) -> None:
    """What leaves are places of the buffer: they are copied."""
    unit = "{kind: basic, order: pre, width: 4}"
    stages = f"{{count: 2, layers: 3, unit: {unit}, connect: {connect}, aggregate: concat, {text}}}"
    top = "archdsl: 1\nname: net\ninput: [3, 8, 8]\n"
    network = built(check_text(f"{top}stages: {stages}\n"))
    fast, x = fused(network, device), torch.randn(2, 3, 8, 8)
    first = run(fast, x)
    copied = first.clone()
    run(fast, torch.randn(2, 3, 8, 8))
    assert torch.equal(first, copied)
    assert_follows(network, fast, x)


def test_threads_do_not_share_memory(network: Any) -> None:
    """Eight threads at once, each with inputs of its own; some of them of another size."""
    fast = fused(network)
    inputs = [torch.randn(1 + place % 2, 3, 32, 32) for place in range(8)]
    wanted = [run(network, given) for given in inputs]
    wrong: list[int] = []

    def work(place: int) -> None:
        for _ in range(10):
            if not torch.allclose(run(fast, inputs[place]), wanted[place], rtol=1e-3, atol=1e-3):
                wrong.append(place)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_only_so_many_sizes_are_kept(network: Any) -> None:
    fast = fused(network)
    for side in range(16, 16 + 4 * fast.SIZES, 2):
        assert_follows(network, fast, torch.randn(1, 3, side, 16))
        assert 0 < len(fast.tapes) <= fast.SIZES
