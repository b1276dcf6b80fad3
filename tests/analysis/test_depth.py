"""Depth as papers count it."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.networks import network, published, stage
from archdsl.analysis.depth import depth


@pytest.mark.parametrize(
    ("name", "settings", "layers"),
    [
        ("densenet-bc-cifar", {"depth": 100}, 100),
        ("sparsenet-bc-cifar", {"depth": 100}, 100),
        ("densenet-cifar", {"depth": 40}, 40),
        ("resnet-preact-cifar", {"depth": 1001}, 1001),
        ("sparsenet-sum-cifar", {"depth": 110}, 110),
        ("resnet-imagenet", {}, 50),
        ("resnet-imagenet", {"block": "double", "layers": [2, 2, 2, 2]}, 18),
        ("densenet-imagenet", {}, 121),
    ],
)
def test_published_networks(name: str, settings: dict[str, Any], layers: int) -> None:
    assert depth(published(name, **settings)) == layers


def test_columns_of_a_fractal_stand_side_by_side() -> None:
    """Each block of three columns is four convolutions deep (Larsson et al. 2016)."""
    assert depth(published("fractalnet-cifar", columns=3)) == 5 * 4 + 1


def test_parallel_layers_are_not_added() -> None:
    rows = "[[0], [0], [0], [2, 1]]"
    side_by_side = stage(layers="4", connect=f"{{rule: explicit, reads: {rows}}}", exit="last")
    assert depth(network(stages=side_by_side)) == 1 + 2 + 1
