"""Training memory of blocks: what torch keeps of the emitted network."""

from __future__ import annotations

import pytest
import torch

from analysis.test_memory import kept_by_torch
from archdsl.analysis.memory import training
from archdsl.api import check_text
from backends import test_block_exits, test_blocks
from backends.networks import of_checked

WEIGHTS = "weighted, channel by channel, in a loop"  # torch also keeps the softmax of weights
CASES = {**test_blocks.CASES, **test_block_exits.CASES}


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"dropout", WEIGHTS}))
def test_training_is_what_torch_keeps(name: str) -> None:
    checked = check_text(CASES[name])
    network = of_checked(checked).network.float().train()
    images = torch.rand(1, 3, 8, 8)
    assert training(checked.graph) == kept_by_torch(lambda: network(images), network.state_dict())


FIRST = {
    "a gate of a pooled image": "{gate: [{pool: {to: 1}}, {conv: {width: 3, kernel: 1}}, sigmoid]}",
    "a gate without weights": "{gate: [sigmoid]}",
    "a residual": "{residual: [{conv: {width: 3}}, norm, relu]}",
    "a residual of activations": "{residual: [relu, gelu, silu]}",
    "an rms norm": "{residual: [{norm: {kind: rms}}, {conv: {width: 3}}]}",
    "branches with and without weights": "{parallel: [[relu], [{conv: {width: 4}}]], "
    "aggregate: concat}",
    "a block in a block": "{residual: [{gate: [sigmoid]}, {parallel: [[tanh], [relu]], "
    "aggregate: sum}]}",
    "a product": "{parallel: [[sigmoid], [tanh]], aggregate: product}",
    "outputs that nothing reads": "{block: {layers: 3, unit: [{conv: 3}, sigmoid], connect: entry, "
    "aggregate: sum, exit: last}}",
}
"""Blocks that are the first layer of a network, whose input needs no gradient."""


@pytest.mark.parametrize("name", FIRST)
@pytest.mark.parametrize("place", ["stem", "unit"])
def test_a_block_at_the_input_keeps_nothing_for_the_gradient_of_the_input(
    name: str, place: str
) -> None:
    first, conv = FIRST[name], "{conv: {width: 3}}"
    stem = f"stem: [{first}]\n" if place == "stem" else ""
    unit = f"[{conv}]" if place == "stem" else f"[{first}, {conv}]"
    text = (
        f"archdsl: 2\nname: net\ninput: [3, 8, 8]\n{stem}"
        f"stages: {{count: 1, layers: 2, unit: {unit}, connect: plain, aggregate: sum}}\n"
    )
    checked = check_text(text)
    network = of_checked(checked).network.float().train()
    images = torch.rand(1, 3, 8, 8)
    assert training(checked.graph) == kept_by_torch(lambda: network(images), network.state_dict())
