"""Several pixels taken as one, where torch would add up some channels one number at a time."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.memory_efficient import steps
from archdsl.backends.pytorch.runtime.memory_efficient.steps import (
    stage_folded,
    stage_folds,
    stage_norm_sums,
    stage_statistics,
)
from backends.networks import apart
from runtime.operators import assert_same, batch, imported, plain

LAST = torch.channels_last
WIDTHS = (2, 12, 20, 24, 36, 100)


def maps(channels: int, shape: tuple[int, int, int] = (8, 64, 32)) -> Tensor:
    images, height, width = shape
    return torch.randn(images, channels, height, width).to(memory_format=LAST)


@pytest.mark.parametrize(
    ("x", "folds"),
    [
        (maps(12), 4),
        (maps(24), 2),
        (maps(20), 4),
        (maps(2), 8),
        (maps(33), 16),
        (maps(32), 1),  # nothing is left over
        (maps(12, (8, 8, 8)), 1),  # too few for it to matter
        (maps(12, (1, 47, 43)), 1),  # 2,021 pixels
        (maps(1), 1),
        (maps(12).contiguous(), 1),
        (maps(24)[:, :12], 1),
        (maps(12).half(), 1),
        (maps(12).to("meta"), 1),
        (torch.randn(8, 12, 2048), 1),
    ],
)
def test_how_many_pixels_are_one(x: Tensor, folds: int) -> None:
    assert stage_folds(x) == folds


def test_pixels_are_taken_together_without_a_copy() -> None:
    x = maps(12)
    folded = stage_folded(x, 4)
    assert folded.shape == (1, 48, x.numel() // 48, 1)
    assert folded.data_ptr() == x.data_ptr()
    assert folded[0, 12:24, 0, 0].equal(x[0, :, 0, 1])


@pytest.mark.parametrize("channels", WIDTHS)
@pytest.mark.parametrize(("far", "more"), [(0.0, 0.0), (10.0, 0.0), (1000.0, 5e-5)])
def test_statistics_are_as_exact_as_without(channels: int, far: float, more: float) -> None:
    """Up to a mean of ten deviations; with a thousand, the variance has four digits."""
    x = maps(channels) + far
    assert stage_folds(x) > 1
    variance, mean = torch.var_mean(x.double(), (0, 2, 3), correction=0)
    alone = torch.ops.aten.batch_norm_update_stats(x, None, None, 0.0)
    for found, one, wanted in zip(stage_statistics(x), alone, (mean, variance), strict=True):
        assert found.shape == (channels,)
        assert apart(found.double(), wanted) < apart(one.double(), wanted) + more


@pytest.mark.parametrize("channels", WIDTHS)
def test_sums_are_those_of_float64(channels: int) -> None:
    x, gradient = maps(channels) + 1, maps(channels)
    assert stage_folds(x) > 1
    mean, variance = stage_statistics(x)
    inverse = (variance + 1e-5).rsqrt()
    found = stage_norm_sums(gradient, x, mean, inverse)
    along = (mean.double().view(-1, 1, 1), inverse.double().view(-1, 1, 1))
    normalised = (x.double() - along[0]) * along[1]
    exact = [(gradient.double() * factor).sum((0, 2, 3)) for factor in (normalised, 1.0)]
    for one, wanted in zip(found, exact, strict=True):
        assert one.shape == (channels,)
        assert apart(one.double(), wanted) < 1e-5


@pytest.mark.parametrize("layout", [torch.contiguous_format, LAST])
def test_a_gradient_in_another_layout_is_not_misread(layout: torch.memory_format) -> None:
    x, gradient = maps(12), maps(12).contiguous(memory_format=layout)
    mean, variance = stage_statistics(x)
    found = stage_norm_sums(gradient, x, mean, variance.rsqrt())
    assert apart(found[1], gradient.sum((0, 2, 3))) < 1e-5


def test_stages_that_fold_equal_their_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    made = imported()
    other = plain(made)
    folded: set[int] = set()

    def noted(x: Tensor) -> int:
        folded.add(stage_folds(x))
        return stage_folds(x)

    monkeypatch.setattr(steps, "stage_folds", noted)
    x = batch(128).to(memory_format=LAST)
    for each in (made, other):
        each(x).square().sum().backward()
    assert_same(made, other, 1e-10)
    assert max(folded) > 1
