"""What the tests of fused networks share: networks, statistics of norms, and errors."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.api import Checked, check, load
from archdsl.ir.ops import Input
from archdsl.oracle.comparison import load_module, network_class
from cli.commands import SPECS

SHIPPED = sorted(SPECS.glob("*.yaml"))
SMALL = {"depth": 22}
Norms = Callable[[nn.Module], None]
CLASSES: dict[str, type[nn.Module]] = {}
"""Classes of fused files by the SHA-256 of their specs, so that each file is emitted only once."""


def built(checked: Checked) -> nn.Module:
    """Return a new network of a fused file, in evaluation, with random weights of its own."""
    assert not checked.spec.extend, "the SHA-256 does not cover custom code"
    key = checked.spec.sha256
    if key not in CLASSES:
        CLASSES[key] = network_class(load_module(checked.emit(fuse=True)))
    return CLASSES[key]().eval()


@cache
def shipped(path: Path) -> Checked:
    """Return a spec of `specs/`, checked once, and at a small depth if depth is a parameter."""
    return check(load(path, SMALL if "depth" in load(path).parameters.values else {}))


def fused(network: Any, device: str = "cpu") -> Any:
    """A snapshot for a device, to be run on this CPU: kernels are run in plain torch here."""
    return network.fuse(device)


def interpreted(network: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A snapshot for an accelerator, whose kernels are run by Triton's interpreter."""
    scope = network.fuse.__func__.__globals__
    monkeypatch.setitem(scope, "fused_triton", lambda x: True)
    return fused(network, "cuda")


def batch(checked: Checked, size: int = 2) -> Tensor:
    """Random input; of less than 224 x 224 places, which take long."""
    op = checked.graph.input.op
    assert isinstance(op, Input)
    features, *rest = op.shape
    return torch.randn(size, features, *(min(side, 64) for side in rest))


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
    """Means and shifts twenty deviations from zero."""
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


def run(fast: Any, x: Tensor) -> Tensor:
    with torch.inference_mode():
        made: Tensor = fast(x)
    return made


def errors(network: nn.Module, fast: Any, x: Tensor, least: float = 0) -> tuple[float, float]:
    """Of the fused path and of the plain one, against float64.

    Relative to the outputs, or to outputs of size `least`: some small networks make nothing but
    zeros, and a bound keeps what is cut off to within rounding. The fused path is run twice: once
    while it is recorded, and once by the recording alone.
    """
    exact = copy.deepcopy(network).double()
    wanted = run(exact, x.double())
    first, found, plain = run(fast, x), run(fast, x), run(network, x)
    assert torch.equal(first, found)
    assert found.shape == plain.shape
    assert found.dtype == plain.dtype
    size = wanted.norm().clamp(min=max(1e-30, least * wanted.numel() ** 0.5))
    return float((found.double() - wanted).norm() / size), float(
        (plain.double() - wanted).norm() / size
    )


def assert_close(network: nn.Module, fast: Any, x: Tensor, least: float = 0.0) -> None:
    """At most ten times the plain path's own error, and 1e-5 in any case is fine."""
    found, plain = errors(network, fast, x, least)
    assert found <= max(10 * plain, 1e-5)
