"""A small network, and a batch for it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from archdsl.api import check, load
from cli.commands import SPECS
from runtime.fused import SMALL, built, ordinary


@pytest.fixture
def network() -> nn.Module:
    made = built(check(load(SPECS / "sparsenet-bc-cifar.yaml", SMALL)))
    ordinary(made)
    return made


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 3, 32, 32)
