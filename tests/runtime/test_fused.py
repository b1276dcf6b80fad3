"""Fused networks compute what plain ones do, on either path, whatever the statistics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import archdsl
from archdsl.api import check, check_text, load
from archdsl.backends.pytorch.runtime.fuse.folding import fused_bounds
from archdsl.oracle.comparison import fused_devices
from backends.networks import REPRESENTATIVES
from backends.test_corners import CORNERS, MEANINGLESS, TOP
from cli.commands import SPECS
from runtime.counting import Counting
from runtime.fused import (
    SHIPPED,
    SMALL,
    STATISTICS,
    assert_close,
    batch,
    built,
    errors,
    fused,
    ordinary,
    references,
    run,
    shipped,
    signed,
)
from strategies import specs

DEVICES = ["cpu", "cuda"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_networks(path: Any) -> None:
    checked = shipped(path)
    network, x = built(checked), batch(checked, 1)
    for statistics in STATISTICS.values():
        statistics(network)
        outputs = references(network, x)
        for device in DEVICES:
            assert_close(network, fused(network, device), x, outputs=outputs)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_networks_of_every_kind(name: str, device: str) -> None:
    checked = check_text(REPRESENTATIVES[name])
    network = built(checked)
    signed(network)
    assert_close(network, fused(network, device), batch(checked), least=1)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", sorted(CORNERS.keys() - MEANINGLESS))
def test_corners(name: str, device: str) -> None:
    checked = check_text(TOP + CORNERS[name])
    network = built(checked)
    signed(network)
    assert_close(network, fused(network, device), batch(checked), least=1)


@settings(max_examples=60)
@given(specs(), st.sampled_from(sorted(STATISTICS)), st.sampled_from(DEVICES))
def test_any_network(case: Any, statistics: str, device: str) -> None:
    checked = check_text(case.text)
    network = built(checked)
    STATISTICS[statistics](network)
    assert_close(network, fused(network, device), batch(checked), least=1)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_loses_no_more_than_the_network_itself(dtype: torch.dtype) -> None:
    """On the path for accelerators: taken together, but for the luck of rounding."""
    found: list[tuple[float, float]] = []
    for name in (
        "densenet-bc-cifar",
        "densenet-cifar",
        "sparsenet-bc-cifar",
        "resnet-preact-cifar",
    ):
        checked = check(load(SPECS / f"{name}.yaml", SMALL))
        network = built(checked)
        ordinary(network)
        for module in network.modules():  # or float16 has no room for sums
            if isinstance(module, nn.Conv2d):
                module.weight.data.div_(4)
        network, x = network.to(dtype), batch(checked, 4).to(dtype)
        found.append(errors(network, fused(network, "cuda"), x))
    together = [sum(error**2 for error in column) ** 0.5 for column in zip(*found, strict=True)]
    assert together[0] <= 1.05 * together[1]
    assert all(fast <= 1.3 * plain for fast, plain in found)


NOT_FINITE = [torch.nan, torch.inf, -torch.inf]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_nan_and_infinity_go_where_they_go_in_the_plain_network(path: Path) -> None:
    """Also behind a max pooling, a ReLU, and a scale of zero: a diverged network looks diverged.

    Each value is in an image of its own, and the last image has none, so one batch shows all three.
    """
    checked = shipped(path)
    network = built(checked)
    for name in ("ordinary", "signed", "tiny"):
        STATISTICS[name](network)
        x = batch(checked, len(NOT_FINITE) + 1)
        for image, value in zip(x, NOT_FINITE, strict=False):
            image[-1, 7, 9] = value
        plain = run(network, x)
        for result, value in zip(plain, NOT_FINITE, strict=False):
            bounded = "relu6" in path.read_text() and value == value  # it makes 6 of infinity
            assert bounded or not result.isfinite().all(), (name, value)
        for device in DEVICES:
            found = run(fused(network, device), x)
            assert torch.equal(found.isnan(), plain.isnan()), (name, device)
            assert torch.equal(found.isinf(), plain.isinf()), (name, device)
            assert float((found[-1] - plain[-1]).norm()) <= 1e-4 * float(plain[-1].norm())


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_diverged_do_not_look_healthy(value: float, device: str) -> None:
    for change in ("weight", "bias", "running_mean", "running_var"):
        network: Any = built(check(load(SPECS / "densenet-bc-cifar.yaml", SMALL)))
        ordinary(network)
        getattr(network.stages[1].layers[0].norm1, change).data[3] = value
        x = torch.randn(1, 3, 32, 32)
        found, plain = run(fused(network, device), x), run(network, x)
        assert torch.equal(found.isnan(), plain.isnan())


def test_a_norm_is_folded_where_its_relu_has_a_bound() -> None:
    scale, shift = torch.tensor([2.0, -4.0]).double(), torch.tensor([6.0, 1.0]).double()
    low, high = fused_bounds(scale, shift) or (None, None)
    assert low is not None
    assert high is not None
    assert low.tolist() == [-3.0, -torch.inf]
    assert high.tolist() == [torch.inf, 0.25]
    assert (fused_bounds(scale.abs(), shift) or (low, high))[1] is None
    for bad in (0.0, 1e-38, torch.nan, torch.inf):
        assert fused_bounds(torch.tensor([1.0, bad]).double(), shift) is None


@pytest.mark.parametrize("size", [1, 3, 8])
def test_batches_of_any_size_in_turn(size: int) -> None:
    network = built(check(load(SPECS / "sparsenet-bc-cifar.yaml", SMALL)))
    ordinary(network)
    fast = fused(network)
    for count in (size, 1, size):
        assert_close(network, fast, torch.randn(count, 3, 32, 32))
        assert_close(network, fast, torch.randn(count, 3, 40, 24))


@pytest.mark.parametrize("name", ["densenet-imagenet", "resnet-imagenet"])
def test_large_and_small_maps(name: str) -> None:
    """Small maps are multiplied as matrices, large ones convolved."""
    network = built(check(load(SPECS / f"{name}.yaml")))
    ordinary(network)
    for device in DEVICES:
        assert_close(network, fused(network, device), torch.randn(1, 3, 224, 160))


@pytest.mark.parametrize("device", DEVICES)
def test_inputs_of_any_layout(device: str) -> None:
    network = built(check(load(SPECS / "densenet-bc-cifar.yaml", SMALL)))
    ordinary(network)
    x, fast = torch.randn(2, 3, 32, 32), fused(network, device)
    before = run(fast, x)
    for same in (x.contiguous(memory_format=torch.channels_last), x.repeat(1, 1, 1, 2)[..., :32]):
        assert torch.equal(run(fast, same), before)


@pytest.mark.parametrize("name", ["sparsenet-bc-cifar", "resnet-basic-cifar"])
def test_without_onednn(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = built(check(load(SPECS / f"{name}.yaml", SMALL)))
    ordinary(network)
    fast, x = fused(network), torch.randn(2, 3, 32, 32)
    before = run(fast, x)
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)
    counting = Counting()
    with counting:
        run(fast, x)
    assert counting.counts["_convolution_pointwise"] == 0
    assert_close(network, fast, x)
    assert torch.allclose(run(fast, x), before, rtol=1e-3, atol=1e-3)


def test_without_the_private_operators_of_onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other versions of torch may not have them."""
    network: Any = built(check(load(SPECS / "densenet-bc-cifar.yaml", SMALL)))
    monkeypatch.setitem(network.fuse.__func__.__globals__, "fused_has_onednn", lambda: False)
    counting = Counting()
    with counting:
        assert_close(network, fused(network), torch.randn(2, 3, 32, 32))
    assert counting.counts["_convolution_pointwise"] == 0


def test_from_python() -> None:
    spec = archdsl.load(SPECS / "densenet-cifar.yaml", SMALL)
    assert not hasattr(archdsl.build(spec), "fuse")
    network: Any = archdsl.build(spec, fuse=True)
    assert fused_devices(network) == ("cpu", "cuda")
    for device, other in zip(DEVICES, reversed(DEVICES), strict=True):
        network = archdsl.build(spec, fuse=device).eval()
        assert fused_devices(network) == (device,)
        with pytest.raises(RuntimeError, match="no fused steps"):
            network.fuse(other)
