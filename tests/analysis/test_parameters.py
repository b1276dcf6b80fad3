"""Counts of weights, and the names and shapes of the state dict."""

from __future__ import annotations

from math import prod

import pytest
import torch
from torch import nn

from analysis.networks import EVERY_KIND, network, stage
from archdsl.analysis.parameters import parameters, state_shapes


def test_counts_by_hand() -> None:
    graph = network(
        stem="[{conv: {width: 8, kernel: 5, bias: true}}]",
        stages=stage(layers="1", unit="[norm, relu, {conv: {width: 4, kernel: 3, groups: 2}}]"),
        head="[flatten, {linear: {width: 2, bias: false}}]",
    )
    assert parameters(graph) == {
        "stem": 8 * 3 * 5 * 5 + 8,
        "stages.0.layers.0": 2 * 8 + 4 * (8 // 2) * 3 * 3,
        "head": 2 * (8 + 4) * 16 * 16,
    }


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_the_state_dict_holds_what_is_counted(kind: str) -> None:
    graph = EVERY_KIND[kind]
    weights = {
        key: shape
        for key, shape in state_shapes(graph).items()
        if key.endswith((".weight", ".bias"))
    }
    assert sum(map(prod, weights.values())) == sum(parameters(graph).values())


def test_keys_stand_in_pytorchs_order() -> None:
    graph = network(
        stem="[{conv: {width: 8, kernel: 3, bias: true}}, norm]",
        stages=stage(layers="1", unit="[{conv: {width: 4, kernel: 3, groups: 4}}]"),
        head="[{pool: {to: 1}}, flatten, {linear: {width: 2}}]",
    )
    peer = nn.ModuleDict({
        "stem": nn.ModuleDict({"conv": nn.Conv2d(3, 8, 3), "norm": nn.BatchNorm2d(8)}),
        "stages": nn.ModuleList([
            nn.ModuleDict({
                "layers": nn.ModuleList([
                    nn.ModuleDict({"conv": nn.Conv2d(8, 4, 3, groups=4, bias=False)})
                ])
            })
        ]),
        "head": nn.ModuleDict({"linear": nn.Linear(12, 2)}),
    })  # fmt: skip
    expected = [(key, tuple(tensor.shape)) for key, tensor in peer.state_dict().items()]
    assert list(state_shapes(graph).items()) == expected


def test_what_is_shared_with_a_projection_stands_under_the_layers_scope() -> None:
    keys = list(state_shapes(EVERY_KIND["summed"]))
    first = keys.index("stages.0.layers.0.norm1.weight")
    assert keys.index("stages.0.layers.0.projection.conv.weight") > first
    assert keys.index("stages.0.layers.0.conv1.weight") > first
    assert all(isinstance(size, int) for shape in state_shapes(EVERY_KIND["summed"]).values()
               for size in shape)  # fmt: skip


def test_statistics_are_no_parameters() -> None:
    graph = network(stem="[norm]", stages=stage(layers="1", unit="[norm]"), head="")
    norm = nn.BatchNorm2d(3)
    assert parameters(graph)["stem"] == sum(weight.numel() for weight in norm.parameters())
    assert state_shapes(graph)["stem.norm.num_batches_tracked"] == torch.Size()
