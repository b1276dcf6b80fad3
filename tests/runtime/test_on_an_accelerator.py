"""The path for accelerators on one; without one these tests are skipped, and say so."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor

from archdsl.api import check, load
from cli.commands import SPECS
from runtime.fused import STATISTICS, built, ordinary, run

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no accelerator")

NAMES = ["densenet-imagenet", "sparsenet-imagenet", "resnet-imagenet", "densenet-cifar"]


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found.double().cpu() - wanted).norm() / wanted.norm())


def compared(network: Any, x: Tensor, dtype: torch.dtype) -> tuple[Any, float, float]:
    """The fused network, its error on an accelerator against float64, and the plain path's."""
    there = copy.deepcopy(network).to("cuda", dtype).to(memory_format=torch.channels_last)
    wanted = run(copy.deepcopy(there).cpu().double(), x.to(dtype).double())
    given, fast = x.to("cuda", dtype), there.fuse()
    run(fast, given)
    found = relative(run(fast, given), wanted)
    return fast, found, relative(run(there, given), wanted)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", NAMES)
def test_networks(name: str, dtype: torch.dtype) -> None:
    network: Any = built(check(load(SPECS / f"{name}.yaml")))
    ordinary(network)
    side = 32 if "cifar" in name else 224
    _, found, plain = compared(network, torch.randn(2, 3, side, side), dtype)
    assert found <= (max(10 * plain, 1e-5) if dtype == torch.float32 else 1.3 * plain)


@pytest.mark.parametrize("statistics", STATISTICS)
def test_statistics(statistics: str) -> None:
    network: Any = built(check(load(SPECS / "densenet-bc-cifar.yaml", {"depth": 40})))
    STATISTICS[statistics](network)
    _, found, plain = compared(network, torch.randn(2, 3, 32, 32), torch.float32)
    assert found <= max(10 * plain, 1e-5)


def test_graphs_follow_inputs() -> None:
    network: Any = built(check(load(SPECS / "sparsenet-bc-cifar.yaml", {"depth": 40}))).cuda()
    ordinary(network)
    fast = network.fuse()
    for _ in range(3):
        x = torch.randn(4, 3, 32, 32, device="cuda")
        assert torch.allclose(run(fast, x), run(network, x), rtol=1e-2, atol=1e-2)
    ((_, recording),) = fast.pool.idle
    assert type(recording).__name__ == "FusedGraph"


def test_streams_do_not_share_memory() -> None:
    network: Any = built(check(load(SPECS / "densenet-bc-cifar.yaml", {"depth": 40}))).cuda()
    ordinary(network)
    fast, streams = network.fuse(), [torch.cuda.Stream() for _ in range(3)]  # type: ignore[no-untyped-call]
    inputs = [torch.randn(2, 3, 32, 32, device="cuda") for _ in streams]
    wanted = [run(network, x) for x in inputs]
    torch.cuda.synchronize()
    found: list[Tensor] = []
    for _ in range(5):
        found = []
        for x, stream in zip(inputs, streams, strict=True):
            with torch.cuda.stream(stream):
                found.append(run(fast, x))
    torch.cuda.synchronize()
    for made, plain in zip(found, wanted, strict=True):
        assert torch.allclose(made, plain, rtol=1e-2, atol=1e-2)


def test_tf32_is_honoured() -> None:
    network: Any = built(check(load(SPECS / "densenet-bc-cifar.yaml", {"depth": 40})))
    ordinary(network)
    x, before = torch.randn(2, 3, 32, 32), torch.backends.cudnn.allow_tf32
    try:
        torch.backends.cudnn.allow_tf32 = False
        exact = compared(network, x, torch.float32)[1]
        torch.backends.cudnn.allow_tf32 = True
        rough = compared(network, x, torch.float32)[1]
    finally:
        torch.backends.cudnn.allow_tf32 = before
    assert exact < 1e-5 < rough
