"""Where a fused network does not apply it gives way to the network itself, and says why."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from runtime.fused import assert_follows, fused, run


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda n, f: f.double(), "there is no fast path for torch.float64 on cpu"),
        (lambda n, f: f.bfloat16(), "there is no fast path for torch.bfloat16 on cpu"),
        (lambda n, f: n.stem.register_forward_hook(lambda *_: None), "hooks want to see"),
        (lambda n, f: n.train(), "the network is training"),
    ],
)
def test_what_does_not_apply_runs_the_network(
    change: Any, why: str, network: Any, x: Tensor
) -> None:
    fast = fused(network)
    run(fast, x)
    change(network, fast)
    given = x.to(next(network.parameters()).dtype)
    found, wanted = run(fast, given), run(network, given)
    assert fast.why.startswith(why)
    if "training" not in why:
        assert torch.equal(found, wanted)


def test_inputs_that_do_not_apply(network: Any) -> None:
    fast = fused(network)
    assert run(fast, torch.randn(0, 3, 32, 32)).shape == (0, 100)
    assert fast.why == "the input is no batch of maps"
    network.double()
    with pytest.raises(RuntimeError):  # the network's own complaint
        run(fast, torch.randn(1, 3, 32, 32))
    assert fast.why == "the weights are of another kind or elsewhere"


def test_autocast_is_the_network_s_own(network: Any, x: Tensor) -> None:
    fast = fused(network)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(fast(x), network(x))
    assert fast.why == "autocast is on"


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_hooks_inside_a_unit_are_called(device: str, network: Any, x: Tensor) -> None:
    """Also one that comes after the first run; what it is given is not written over."""
    fast = fused(network, device)
    run(fast, x)
    seen: list[Tensor] = []
    unit = network.stages[0].layers[1]
    handle = unit.register_forward_hook(lambda m, given, made: seen.append(given[0]))
    first = run(fast, x)
    kept = seen[0].clone()
    run(fast, torch.randn(2, 3, 32, 32))
    assert len(seen) == 2
    assert torch.equal(seen[0], kept)
    handle.remove()
    assert torch.allclose(run(fast, x), first, rtol=1e-3, atol=1e-4)
    assert len(seen) == 2


def test_global_hooks_are_called(network: Any, x: Tensor) -> None:
    fast = fused(network)
    seen = []
    register = nn.modules.module.register_module_forward_hook
    handle = register(lambda m, *_: seen.append(m))
    try:
        run(fast, x)
    finally:
        handle.remove()
    assert network.stages[0].layers[1].conv2 in seen
    assert fast.why == "hooks want to see what passes"


@pytest.mark.filterwarnings(r"ignore:`torch\.jit\.trace(_method)?` is deprecated")
def test_compilers_see_the_network(network: Any, x: Tensor) -> None:
    """Compiled, exported and traced it is the plain network."""
    fast, wanted = fused(network), run(network, x)
    with torch.no_grad():
        compiled: Any = torch.compile(fast, backend="eager", fullgraph=True)
        assert torch.allclose(compiled(x), wanted, rtol=1e-4, atol=1e-4)
        export: Any = torch.export.export
        exported = export(fast, (x,)).module()
        assert torch.allclose(exported(x), wanted, rtol=1e-4, atol=1e-4)
        traced = torch.jit.trace(fast, x)  # type: ignore[no-untyped-call]
        assert torch.allclose(traced(x), wanted, rtol=1e-4, atol=1e-4)


def test_layers_that_the_plan_does_not_know(network: Any, x: Tensor) -> None:
    """A unit with another layer in it is run as it is, within the fused network."""
    fast = fused(network)
    run(fast, x)
    network.stages[0].layers[2].norm1 = nn.InstanceNorm2d(
        network.stages[0].layers[2].norm1.num_features
    )
    assert_follows(network, fast, x)
