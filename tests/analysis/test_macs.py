"""Multiply-adds, by hand, by torch's own counter, and as the paper prints them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from analysis.networks import EVERY_KIND, network, published, stage
from analysis.running import run, state
from archdsl.analysis.macs import flops, macs, paper_flops

TABLE_4: list[tuple[str, dict[str, Any], str]] = [
    ("densenet-imagenet", {}, "5.70"),
    ("densenet-imagenet", {"layers": [6, 12, 32, 32]}, "6.76"),
    ("densenet-imagenet", {"layers": [6, 12, 48, 32]}, "8.63"),
    ("densenet-imagenet", {"layers": [6, 12, 64, 32]}, "11.03"),
    ("resnet-imagenet", {}, "8.20"),
    ("sparsenet-imagenet", {}, "3.46"),
    ("sparsenet-imagenet", {"layers": [6, 12, 32, 32]}, "3.74"),
    ("sparsenet-imagenet", {"layers": [6, 12, 48, 32]}, "4.13"),
    ("sparsenet-imagenet", {"layers": [6, 12, 48, 32], "growth": 48}, "9.19"),
]


def test_counts_by_hand() -> None:
    graph = network(
        stem="[{conv: {width: 8, kernel: 5, stride: 2, bias: true}}]",
        stages=stage(layers="1", unit="[norm, relu, {conv: {width: 4, kernel: 3, groups: 2}}]"),
        head="[{pool: {to: 2}}, flatten, {linear: {width: 7}}]",
    )
    expected = {
        "stem": 8 * 8 * 8 * 3 * 25,
        "stages.0.layers.0": 8 * 8 * 4 * 4 * 9,
        "head": 12 * 4 * 7,
    }
    assert macs(graph) == expected
    entering, joined = 8 * 64, 12 * 64
    assert paper_flops(graph) == {
        "stem": 2 * expected["stem"],
        "stages.0.layers.0": 2 * expected["stages.0.layers.0"] + 2 * entering,
        "head": 2 * expected["head"] + joined,
    }


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_torch_counts_the_same(kind: str) -> None:
    graph = EVERY_KIND[kind]
    with FlopCounterMode(display=False) as counter:
        run(graph, state(graph), torch.rand(1, 3, 16, 16))
    assert counter.get_total_flops() == flops(sum(macs(graph).values()))


@pytest.mark.parametrize(("name", "settings", "printed"), TABLE_4)
def test_table_4_of_the_paper(name: str, settings: dict[str, Any], printed: str) -> None:
    graph = published(name, **settings)
    assert f"{sum(paper_flops(graph).values()) / 1e9:.2f}" == printed
