"""Emitted modules are ordinary modules: whatever torch does with those works on them."""

from __future__ import annotations

import copy
import importlib.util
import pickle
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.func import functional_call, jvp, linearize, stack_module_state, vmap
from torch.utils.checkpoint import checkpoint

from archdsl.api import check_text
from archdsl.oracle.comparison import network_class
from backends.networks import REPRESENTATIVES, TOLERANCE, apart, copied, emitted, gradients

NAMES = sorted(REPRESENTATIVES)
CONCATENATING = [name for name in NAMES if name.startswith("concat")]


@pytest.fixture(params=NAMES)
def network(request: pytest.FixtureRequest) -> nn.Module:
    return emitted(REPRESENTATIVES[request.param]).network.eval()


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 3, 8, 8, dtype=torch.float64)


@pytest.fixture
def imported(tmp_path: Path) -> Iterator[list[ModuleType]]:
    """Every representative from a file of its own, under a name that says nothing."""
    made = []
    for place, name in enumerate(NAMES):
        path = tmp_path / f"whatever_{place}.py"
        path.write_text(check_text(REPRESENTATIVES[name]).emit("Network"), encoding="ascii")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        made.append(module)
    yield made
    for module in made:
        del sys.modules[module.__name__]


def test_files_side_by_side(imported: list[ModuleType]) -> None:
    """All with a class of the same name, and each of them its own network."""
    for module, name in zip(imported, NAMES, strict=True):
        expected = emitted(REPRESENTATIVES[name]).network
        network = network_class(module)().double()
        assert network.state_dict().keys() == expected.state_dict().keys()
        network.load_state_dict(expected.state_dict())
        x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
        assert apart(network.eval()(x), expected.eval()(x)) == 0.0


def test_pickle(imported: list[ModuleType], x: Tensor) -> None:
    for module in imported:
        network = network_class(module)().double().eval()
        again = pickle.loads(pickle.dumps(network))
        assert type(again) is type(network)
        assert apart(again(x), network(x)) == 0.0


def test_deepcopy(network: nn.Module, x: Tensor) -> None:
    again = copy.deepcopy(network)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(1.0)
    assert apart(again(x), network(x)) > 1e-3
    again.load_state_dict(network.state_dict())
    assert apart(again(x), network(x)) == 0.0


def test_state_dict_by_file(network: nn.Module, x: Tensor, tmp_path: Path) -> None:
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    again = type(network)().double().eval()
    assert apart(again(x), network(x)) > 1e-3
    again.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    assert apart(again(x), network(x)) == 0.0


@pytest.mark.parametrize("keeps_gradients", [False, True])
def test_channels_last(network: nn.Module, x: Tensor, keeps_gradients: bool) -> None:
    expected = network(x)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    with torch.set_grad_enabled(keeps_gradients):
        found = network(x.to(memory_format=torch.channels_last))
    assert apart(found, expected) <= TOLERANCE


@pytest.mark.parametrize("name", CONCATENATING)
def test_channels_last_reaches_the_buffer(name: str, x: Tensor) -> None:
    network = emitted(REPRESENTATIVES[name]).network.eval().float()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    entering: list[Tensor] = []
    layer = network.get_submodule("stages.0.layers.0")
    layer.register_forward_pre_hook(lambda _, arguments: entering.append(arguments[0]))
    with torch.no_grad():
        network(x.float().to(memory_format=torch.channels_last))
    assert [read.stride(1) for read in entering] == [1]


@pytest.mark.parametrize("training", [False, True])
def test_autocast(network: nn.Module, x: Tensor, training: bool) -> None:
    """In bfloat16 the ways of keeping outputs agree, and stay near the exact numbers."""
    exact = copy.deepcopy(network).train(training)(x)
    network.float().train(training)
    twin = copy.deepcopy(network)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        apart_kept = network(x.float())
        with torch.no_grad():
            side_by_side = twin(x.float())
    assert apart_kept.dtype == side_by_side.dtype == torch.bfloat16
    assert apart(side_by_side.double(), apart_kept.double()) <= 1e-2
    assert apart(apart_kept.double(), exact) <= 5e-2
    apart_kept.float().sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())


def replica(network: nn.Module) -> nn.Module:
    """What `nn.DataParallel` makes of a module for each device, without the devices."""
    made: nn.Module = network._replicate_for_data_parallel()  # type: ignore[no-untyped-call]
    for name, weight in network._parameters.items():
        setattr(made, name, None if weight is None else weight.view_as(weight))
    for name, child in network.named_children():
        made.add_module(name, replica(child))
    return made


@pytest.mark.parametrize("keeps_gradients", [False, True])
def test_replicas_in_threads(network: nn.Module, x: Tensor, keeps_gradients: bool) -> None:
    def run(one: nn.Module, part: Tensor) -> Tensor:
        with torch.set_grad_enabled(keeps_gradients):
            found: Tensor = one(part)
            return found

    parts = [x, -x, 2 * x, x + 1]
    expected = [run(network, part) for part in parts]
    replicas = [replica(network) for _ in parts]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(run, replicas, parts))
    for one, other in zip(found, expected, strict=True):
        assert apart(one, other) == 0.0


def test_two_forwards_before_a_backward(network: nn.Module, x: Tensor) -> None:
    weights = dict(network.named_parameters())
    alone = [gradients(network(part), weights) for part in (x, 2 * x)]
    first, second = network(x), network(2 * x)
    together = [gradients(output, weights) for output in (first, second)]
    for one, other in zip(together, alone, strict=True):
        assert all(torch.equal(one[name], other[name]) for name in weights)


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpointing(network: nn.Module, x: Tensor, reentrant: bool) -> None:
    """The reentrant kind runs once without gradients and once with them."""
    weights = dict(network.named_parameters())
    expected = gradients(network(x), weights)
    output = checkpoint(network, x.clone().requires_grad_(), use_reentrant=reentrant)
    toward = torch.randn(output.shape, dtype=output.dtype, generator=torch.manual_seed(1))
    output.backward(toward)
    for name, weight in weights.items():
        assert weight.grad is not None
        assert apart(weight.grad, expected[name], 1e-3) <= TOLERANCE


def test_inference_mode(network: nn.Module, x: Tensor) -> None:
    with torch.inference_mode():
        found = network(x)
    assert found.is_inference()
    assert apart(found.clone(), network(x)) <= TOLERANCE


def test_batch_of_one(network: nn.Module, x: Tensor) -> None:
    whole = network(x)
    for keeps_gradients in (False, True):
        with torch.set_grad_enabled(keeps_gradients):
            assert apart(network(x[1:]), whole[1:]) <= TOLERANCE


@pytest.mark.parametrize("keeps_gradients", [False, True])
def test_ensemble_by_vmap(network: nn.Module, x: Tensor, keeps_gradients: bool) -> None:
    """Several sets of weights at once; what enters the first stage may belong to all of them."""
    members = [copy.deepcopy(network) for _ in range(3)]
    for place, member in enumerate(members):
        member.load_state_dict({n: v * (1 + place) for n, v in copied(network).items()})

    def one(weights: dict[str, Tensor], statistics: dict[str, Tensor]) -> Tensor:
        found: Tensor = functional_call(network, (weights, statistics), (x,))
        return found

    with torch.set_grad_enabled(keeps_gradients):
        found = vmap(one)(*stack_module_state(members))
    for output, member in zip(found, members, strict=True):
        assert apart(output, member(x)) <= TOLERANCE


def slope(network: nn.Module, x: Tensor, direction: Tensor) -> Tensor:
    """The derivative along a direction, by central differences."""
    with torch.no_grad():
        step = 1e-6 * direction
        difference: Tensor = (network(x + step) - network(x - step)) / 2e-6
        return difference


def by_dual_numbers(network: nn.Module, x: Tensor, direction: Tensor) -> Tensor:
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, direction)  # type: ignore[no-untyped-call]
        found = forward_ad.unpack_dual(network(dual))  # type: ignore[no-untyped-call]
        tangent: Tensor | None = found.tangent
        assert tangent is not None
        return tangent.clone()


DERIVATIVES: dict[str, Callable[[nn.Module, Tensor, Tensor], Tensor]] = {
    "jvp": lambda network, x, direction: jvp(network, (x,), (direction,))[1],
    "linearize": lambda network, x, direction: linearize(network, x)[1](direction),
    "dual numbers": by_dual_numbers,
}


@pytest.mark.filterwarnings(r"ignore:`torch\.jit\.script` is deprecated")
@pytest.mark.filterwarnings("ignore:Attempted to insert a get_attr Node")
@pytest.mark.parametrize("keeps_gradients", [False, True])
@pytest.mark.parametrize("name", DERIVATIVES)
def test_forward_derivatives(
    network: nn.Module, x: Tensor, name: str, keeps_gradients: bool
) -> None:
    direction = torch.randn_like(x)
    with torch.set_grad_enabled(keeps_gradients):
        found = DERIVATIVES[name](network, x, direction)
    assert apart(found, slope(network, x, direction)) <= 1e-5


@pytest.mark.parametrize("keeps_gradients", [False, True])
def test_vmap_over_the_batch(network: nn.Module, x: Tensor, keeps_gradients: bool) -> None:
    with torch.set_grad_enabled(keeps_gradients):
        found = vmap(lambda one: network(one[None])[0])(x)
    assert apart(found, network(x)) <= TOLERANCE


@pytest.mark.parametrize("keeps_gradients", [False, True])
def test_a_distributed_tensor(
    network: nn.Module, x: Tensor, keeps_gradients: bool, tmp_path: Path
) -> None:
    """A tensor of another class; here all of it lies in this process."""
    distributed = pytest.importorskip("torch.distributed.tensor")
    processes: Any = torch.distributed
    store = processes.FileStore(str(tmp_path / "store"), 1)
    processes.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        expected = network(x)
        mesh = distributed.init_device_mesh("cpu", (1,))
        spread = distributed.distribute_module(copy.deepcopy(network), mesh)
        with torch.set_grad_enabled(keeps_gradients):
            found = spread(distributed.distribute_tensor(x, mesh))
        assert type(found) is distributed.DTensor
        assert apart(found.full_tensor(), expected) <= TOLERANCE
    finally:
        processes.destroy_process_group()
