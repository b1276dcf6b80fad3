"""Convolutions as products of matrices, against torch's convolutions in float64."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.backends.pytorch.runtime.fuse.convolution import FusedConv
from archdsl.backends.pytorch.runtime.fuse.memory import FusedMemory
from archdsl.backends.pytorch.runtime.fuse.onednn import FusedLayouts, fused_multiplied
from archdsl.backends.pytorch.runtime.fuse.product import FusedProduct

WINDOWS: list[dict[str, Any]] = [
    {"kernel_size": 1},
    {"kernel_size": 1, "stride": 2},
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": 3},
    {"kernel_size": 3, "padding": 1, "stride": 2},
    {"kernel_size": (1, 7), "padding": (0, 3)},
    {"kernel_size": (5, 2), "padding": (2, 1), "stride": (1, 3)},
]


def maps(*shape: int) -> Tensor:
    return torch.randn(shape).contiguous(memory_format=torch.channels_last)


def product(layer: nn.Conv2d, *inputs: Tensor) -> list[Tensor]:
    """The results for inputs of one shape, one after another, in the same memory."""
    memory = FusedMemory(inputs[0])
    step = FusedProduct(FusedConv(layer, None, None), tuple(inputs[0].shape), memory)
    return [step(x) for x in inputs]


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_products_are_convolutions(window: dict[str, Any]) -> None:
    """In every run: the border of a map stays zero, and results are new tensors."""
    layer = nn.Conv2d(5, 6, **window)
    inputs = [maps(2, 5, 9, 8), maps(2, 5, 9, 8)]
    with torch.no_grad():
        found = product(layer, *inputs)
        layer.double()
        for x, made in zip(inputs, found, strict=True):
            wanted = layer(x.double())
            assert torch.allclose(made.double(), wanted, rtol=1e-5, atol=1e-5)
            assert made.is_contiguous(memory_format=torch.channels_last)


def test_weights_are_kept_once_for_all_sizes() -> None:
    """And products need not transpose them."""
    conv = FusedConv(nn.Conv2d(5, 6, 3, padding=1), None, None)
    assert conv.matrix().is_contiguous()
    memory = FusedMemory(maps(1, 5, 8, 8))
    for n in (1, 2):
        multiply: Any = FusedProduct(conv, (n, 5, 8, 8), memory).multiply
        assert multiply.keywords["mat2"].data_ptr() == conv.weight.data_ptr()


LARGE = (2, 128, 17, 16)  # 8.9 million multiply-adds to 128 channels


@pytest.mark.parametrize("bias", [True, False])
def test_large_products_are_onednns(bias: bool) -> None:
    layer, x = nn.Conv2d(128, 128, 1, bias=bias), maps(*LARGE)
    conv = FusedConv(layer, None, None)
    with torch.no_grad():
        step: Any = FusedProduct(conv, LARGE, FusedMemory(x))
        assert step.multiply.func is fused_multiplied
        wanted = layer.double()(x.double())
        assert torch.allclose(step(x).double(), wanted, rtol=1e-5, atol=1e-5)


def test_without_onednn_all_products_are_blas(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, x = nn.Conv2d(128, 128, 1), maps(*LARGE)
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)
    with torch.no_grad():
        step: Any = FusedProduct(FusedConv(layer, None, None), LARGE, FusedMemory(x))
        assert step.multiply.func is torch.addmm
        assert torch.allclose(step(x), layer(x), rtol=1e-4, atol=1e-5)


def test_layouts_of_the_sizes_used_last_are_kept() -> None:
    conv = FusedConv(nn.Conv2d(4, 4, 1), None, None)
    first = conv.pack_matrix(1)
    assert conv.pack_matrix(1) is first
    for rows in range(2, FusedLayouts.SIZES + 2):
        conv.pack_matrix(rows)
    assert list(conv.layouts.kept) == list(range(2, FusedLayouts.SIZES + 2))
    assert pickle.loads(pickle.dumps(conv)).layouts.kept == {}


def test_what_is_not_finite_stays_where_it_is() -> None:
    layer = nn.Conv2d(2, 3, 3, padding=1)
    x = maps(1, 2, 8, 8)
    x[0, 0, 0, 0], x[0, 1, 5, 5] = torch.nan, torch.inf
    with torch.no_grad():
        found, after = product(layer, x, maps(1, 2, 8, 8))
        assert torch.equal(found.isfinite(), layer(x).isfinite())
        assert after.isfinite().all()


@pytest.mark.parametrize(
    ("layer", "shape", "pays"),
    [
        (nn.Conv2d(64, 128, 1), (1, 64, 64, 64), True),
        (nn.Conv2d(64, 128, 1, stride=2), (1, 64, 64, 64), False),
        (nn.Conv2d(128, 32, 3, padding=1), (1, 128, 8, 8), True),
        (nn.Conv2d(128, 32, 3, padding=1), (1, 128, 9, 8), False),  # too many pixels
        (nn.Conv2d(512, 512, 3, padding=1), (1, 512, 7, 7), False),
        (nn.Conv2d(16, 16, 3, padding=2, dilation=2), (1, 16, 7, 7), False),
        (nn.Conv2d(16, 16, 3, padding=1, groups=2), (1, 16, 7, 7), False),
        (nn.Conv2d(16, 16, 1, groups=2), (1, 16, 7, 7), False),
    ],
)
def test_products_are_taken_for_one_pixel_and_for_small_maps(
    layer: nn.Conv2d, shape: tuple[int, ...], pays: bool
) -> None:
    assert FusedProduct.pays(FusedConv(layer, None, None), shape) == pays
