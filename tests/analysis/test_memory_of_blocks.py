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
