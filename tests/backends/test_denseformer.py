"""The aggregation `weighted` as DenseFormer's published module computes it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from backends.networks import emitted
from backends.test_version_2_aggregations import spec


def test_equals_the_published_module() -> None:
    """`DWAModules` of epfml/DenseFormer weighs what follows each block; it takes float32 alone."""
    denseformer = pytest.importorskip("denseformer", reason="epfml/DenseFormer is absent")
    made = emitted(spec("weighted").replace("[4, 5]", "4").replace("count: 2", "count: 1"))
    stage: Any = made.network.get_submodule("stages.0").float().eval()
    theirs = denseformer.DWAModules(4)
    assert theirs.alphas[2].weight.tolist() == [[0.0, 0.0, 0.0, 1.0]]
    for ours, other in zip([*stage.joins[1:], stage.exit_join], theirs.alphas, strict=True):
        other.weight.data = ours.weight.detach()[None]
    x = torch.randn(2, 4, 8, 8)
    with torch.no_grad():
        theirs.init_accumulators(x)
        y = x
        for index, layer in enumerate(stage.layers):
            y = theirs(layer(y), index)
        torch.testing.assert_close(stage(x), y)
