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
from backends import test_shipped
from cli.commands import SPECS

SHIPPED = sorted(SPECS.glob("*.yaml"))
SMALL = {"depth": 22}
NARROW: dict[str, Any] = {
    "wide-resnet-cifar": {"widen": 2},
    "fractalnet-cifar": {"width": [32, 64, 128, 128, 128]},
}
"""Settings of two networks that take long, for fewer channels; other networks have as many."""
DEPTHS = {"layers", "outer", "deepest", "before"}
"""Parameters that say how many layers a network has, where no `depth` does."""
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
    """Return a spec of `specs/`, checked once, with few layers that are as wide as it says."""
    settings = {k: v for k, v in test_shipped.SMALL[path.stem].items() if k in DEPTHS}
    if "depth" in load(path).parameters.values:
        settings = dict(SMALL)
    return check(load(path, {**settings, **NARROW.get(path.stem, {})}))


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


def references(network: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the outputs of the plain path in float64, and in the network's own dtype.

    The second are computed in channels-last order, as those of a snapshot are: torch's group norm
    is up to a hundred times less exact in it, because it sums squares.
    """
    plain: Any = copy.deepcopy(network)
    if x.dim() == 4:
        plain = plain.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    return run(copy.deepcopy(network).double(), x.double()), run(plain, x)


def apart(found: Tensor, exact: Tensor, least: float) -> float:
    """Return the size of an error, relative to that of the outputs, or of outputs of size `least`.

    Some small networks make nothing but zeros, and a bound keeps what is cut off to within
    rounding.
    """
    size = exact.norm().clamp(min=max(1e-30, least * exact.numel() ** 0.5))
    return float((found.double() - exact).norm() / size)


def errors(
    network: nn.Module, fast: Any, x: Tensor, least: float = 0,
    outputs: tuple[Tensor, Tensor] | None = None,
) -> tuple[float, float]:  # fmt: skip
    """Return the errors of the fused path and of the plain one, against float64.

    The fused path is run twice: once while it is recorded, and once by the recording alone.

    Args:
        network: the plain network.
        fast: its snapshot.
        x: images.
        least: smallest size of outputs that an error is relative to.
        outputs: `references(network, x)`, if it is known already.
    """
    exact, plain = outputs or references(network, x)
    first, found = run(fast, x), run(fast, x)
    assert torch.equal(first, found)
    assert found.shape == plain.shape
    assert found.dtype == plain.dtype
    return apart(found, exact, least), apart(plain, exact, least)


def assert_close(
    network: nn.Module, fast: Any, x: Tensor, least: float = 0.0,
    outputs: tuple[Tensor, Tensor] | None = None,
) -> None:  # fmt: skip
    """At most ten times the plain path's own error, and 1e-5 in any case is fine."""
    found, plain = errors(network, fast, x, least, outputs)
    assert found <= max(10 * plain, 1e-5)
