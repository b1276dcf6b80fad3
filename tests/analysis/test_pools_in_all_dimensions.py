"""What pools keep for the backward pass in one, two and three dimensions, as torch does."""

from __future__ import annotations

import pytest
import torch

from analysis.test_memory import kept_by_torch
from archdsl.ir.ops import Layer, Pool, PoolTo
from archdsl.oracle.layers import compute

SHAPES = ((4, 9), (4, 8, 8), (4, 6, 7, 8))
POOLS = [
    (layer, shape)
    for dims, shape in enumerate(SHAPES, start=1)
    for kind in ("average", "max")
    for layer in (
        Pool(kind, 3, 2, 1, ceil=True, dims=dims), Pool(kind, 2, 2, dims=dims),
        PoolTo(kind, 1, dims), PoolTo(kind, 2, dims),
    )
]  # fmt: skip


@pytest.mark.parametrize(("layer", "shape"), POOLS)
def test_pools_keep_what_torch_keeps(layer: Layer, shape: tuple[int, ...]) -> None:
    x = torch.rand(1, *shape, requires_grad=True)
    keeps = layer.kept(shape, layer.after(shape))
    expected = keeps.extra + 4 * x.numel() * keeps.input
    assert kept_by_torch(lambda: compute(layer, "", {}, x, True), {}) == expected
