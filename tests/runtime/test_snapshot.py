"""A fused network is a snapshot: neither later changes nor other runs reach it."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.api import check, check_text, load
from cli.commands import SPECS
from runtime.fused import SMALL, assert_close, built, fused, ordinary, run

DEVICES = ["cpu", "cuda"]


def trained(network: Any, optimiser: Any, **options: Any) -> None:
    """Train for some steps, as everybody writes it."""
    steps = optimiser(network.parameters(), lr=1e-2, **options)
    for _ in range(3):
        network.train()
        steps.zero_grad()
        network(torch.randn(8, 3, 32, 32)).square().mean().backward()
        steps.step()
    network.eval()


def through_numpy(network: Any) -> None:
    for weight in network.parameters():
        weight.detach().numpy()[...] *= 0.5


def through_dlpack(network: Any) -> None:
    torch.utils.dlpack.from_dlpack(network.head.linear.weight.detach()).mul_(3)


CHANGES: dict[str, Callable[[Any], Any]] = {
    "a weight in place": lambda n: n.stages[0].layers[1].conv1.weight.detach().mul_(3),
    "all weights in place": lambda n: [weight.detach().mul_(2) for weight in n.parameters()],
    "a weight by .data": lambda n: n.head.linear.weight.data.mul_(2),
    "weights through NumPy": through_numpy,
    "a weight through DLPack": through_dlpack,
    "statistics": lambda n: n.stages[0].layers[1].norm1.running_mean.add_(2),
    "a pass in training mode": lambda n: (n.train(), n(torch.randn(8, 3, 32, 32)), n.eval()),
    "SGD": lambda n: trained(n, torch.optim.SGD),
    "a fused SGD": lambda n: trained(n, torch.optim.SGD, fused=True),
    "a fused AdamW": lambda n: trained(n, torch.optim.AdamW, fused=True),
    "a state dict": lambda n: n.load_state_dict(
        {k: v + 0.1 if v.is_floating_point() else v for k, v in n.state_dict().items()}
    ),
    "eps": lambda n: setattr(n.head.norm, "eps", 0.5),
    "a head": lambda n: setattr(n, "head", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())),
    "a stage": lambda n: n.stages.__setitem__(1, nn.Identity()),
    "a hook": lambda n: n.register_forward_hook(lambda module, inputs, output: 2 * output),
    "float64": lambda n: n.double(),
    "training mode": lambda n: n.train(),
}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", CHANGES)
def test_changes_of_the_network_do_not_reach_it(
    name: str, device: str, network: Any, x: Tensor
) -> None:
    fast, wanted = fused(network, device), run(network, x)
    recorded = fused(network, device)
    first = run(recorded, x)
    CHANGES[name](network)
    assert torch.equal(run(fast, x), first)  # also if the change came before the first run
    assert torch.equal(run(recorded, x), first)
    assert torch.allclose(first, wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("device", DEVICES)
def test_a_new_snapshot_follows_the_network(device: str, network: Any, x: Tensor) -> None:
    before = run(fused(network, device), x)
    trained(network, torch.optim.SGD)
    assert_close(network, fused(network, device), x)
    assert not torch.allclose(run(fused(network, device), x), before, rtol=1e-3)


@pytest.mark.parametrize("device", DEVICES)
def test_it_keeps_no_reference_to_the_network(device: str, x: Tensor) -> None:
    network = built(check(load(SPECS / "densenet-bc-cifar.yaml", SMALL)))
    held = [*network.parameters(), *network.buffers(), *network.modules()]
    references = [weakref.ref(thing) for thing in held]
    addresses = {weight.data_ptr() for weight in network.parameters()}
    fast = fused(network, device)
    run(fast, x)
    assert not {value.data_ptr() for part in fast.parts for value in tensors_of(part)} & addresses
    del network, held
    gc.collect()
    assert [reference for reference in references if reference() is not None] == []


def tensors_of(thing: Any, seen: set[int] | None = None) -> list[Tensor]:
    """All tensors that an object leads to."""
    seen = set() if seen is None else seen
    if isinstance(thing, Tensor):
        return [] if thing.is_mkldnn else [thing]
    if id(thing) in seen:
        return []
    seen.add(id(thing))
    inside = thing if isinstance(thing, dict | list | tuple) else getattr(thing, "__dict__", {})
    values = inside.values() if isinstance(inside, dict) else inside
    return [tensor for value in values for tensor in tensors_of(value, seen)]


def through_torch_save(fast: Any) -> Any:
    file = io.BytesIO()
    torch.save(fast, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda fast: pickle.loads(pickle.dumps(fast)), through_torch_save],
    ids=["deepcopy", "pickle", "torch.save"],
)
@pytest.mark.parametrize("device", DEVICES)
def test_copies(copied: Any, device: str, network: Any, x: Tensor) -> None:
    fast = fused(network, device)
    wanted = run(fast, x)
    for other in (copied(fast), copied(fused(network, device))):  # with recordings and without
        assert torch.equal(run(other, x), wanted)
        assert torch.equal(run(fast, x), wanted)


@pytest.mark.parametrize("device", DEVICES)
def test_it_cannot_be_changed(device: str, network: Any, x: Tensor) -> None:
    """An inference module: what it cannot do it refuses, and what changes nothing it accepts."""
    fast = fused(network, device)
    wanted = run(fast, x)
    for change, said in (
        (lambda: fast.double(), "cannot be moved or converted"),
        (lambda: fast.to("meta"), "cannot be moved or converted"),
        (lambda: nn.Sequential(fast).half(), "cannot be moved or converted"),
        (lambda: fast.train(), "cannot be trained"),
        (lambda: nn.Sequential(fast).train(), "cannot be trained"),
        (lambda: fast.state_dict(), "no state dict"),
        (lambda: nn.Sequential(fast).state_dict(), "no state dict"),
        (lambda: fast.load_state_dict({}), "loads no weights"),
        (lambda: nn.Sequential(fast).load_state_dict({}), "loads no weights"),
    ):
        with pytest.raises(RuntimeError, match=said):
            change()
    assert fast.to("cpu").float().eval().requires_grad_(False) is fast
    fast.zero_grad()
    assert [*fast.parameters(), *fast.buffers()] == []
    assert torch.equal(run(fast, x), wanted)


def test_hooks_on_it_are_called(network: Any, x: Tensor) -> None:
    fast = fused(network)
    wanted = run(fast, x)
    fast.register_forward_hook(lambda module, inputs, output: 2 * output)
    fast.register_forward_pre_hook(lambda module, inputs: (inputs[0].flip(0),))
    assert torch.equal(run(fast, x), 2 * wanted.flip(0))


@pytest.mark.parametrize("device", DEVICES)
def test_modes_may_take_turns(device: str, network: Any, x: Tensor) -> None:
    """What was recorded in one is run in the others; results never require gradients."""
    modes: list[Any] = [torch.no_grad, torch.inference_mode, torch.enable_grad]
    for first in modes:
        fast = fused(network, device)
        with first():
            wanted = fast(x)
        for mode in modes:
            with mode():
                result = fast(x)
                assert torch.equal(result, wanted)
                assert not result.requires_grad


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "name", ["densenet-bc-cifar", "sparsenet-bc-cifar", "resnet-preact-cifar", "fractalnet-cifar"]
)
def test_results_belong_to_the_caller(name: str, device: str, x: Tensor) -> None:
    """The next run writes over no result, and no run writes over its input."""
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
@pytest.mark.parametrize("device", DEVICES)
def test_results_of_a_network_that_ends_in_a_stage(text: str, connect: str, device: str) -> None:
    """The last output lies in the recording's memory, so it is copied."""
    unit = "{kind: basic, order: pre, width: 4}"
    stages = f"{{count: 2, layers: 3, unit: {unit}, connect: {connect}, aggregate: concat, {text}}}"
    top = "archdsl: 1\nname: net\ninput: [3, 8, 8]\n"
    network = built(check_text(f"{top}stages: {stages}\n"))
    fast, x = fused(network, device), torch.randn(2, 3, 8, 8)
    first = run(fast, x)
    copied = first.clone()
    run(fast, torch.randn(2, 3, 8, 8))
    assert torch.equal(first, copied)
    assert torch.allclose(first, run(network, x), rtol=1e-3, atol=1e-3)
