"""A small network, a batch for it, and what tests of kernels need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.api import check, load
from archdsl.backends.pytorch.runtime.memory_efficient import products
from archdsl.backends.pytorch.runtime.memory_efficient.fused import StageTable
from archdsl.backends.pytorch.runtime.memory_efficient.read import StageRead
from archdsl.backends.pytorch.runtime.memory_efficient.stage import StageOperator
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


@pytest.fixture
def poisoned() -> Iterator[None]:
    """Memory that is not written yet is NaN."""
    torch.use_deterministic_algorithms(mode=True)
    assert torch.empty(3).isnan().all()
    yield
    torch.use_deterministic_algorithms(mode=False)


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kernels that were run; from now on every stage that they fit runs them."""
    names: list[str] = []
    launch = StageTable.launch

    def noted(table: StageTable, kernel: str, *arguments: Any, **constants: Any) -> None:
        names.append(kernel)
        launch(table, kernel, *arguments, **constants)

    monkeypatch.setattr(StageTable, "launch", noted)
    monkeypatch.setattr(products, "stage_triton", lambda buffer: buffer.dtype != torch.float64)
    # As on an accelerator, where outputs lie in one buffer.
    monkeypatch.setattr(StageOperator, "maps", lambda *_: False)
    return names


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each image is taken back by itself, which some test of a stage has to see."""
    monkeypatch.setattr(StageRead, "LARGEST", 1)
    parts: list[int] = []
    of = StageRead.of

    def noted(read: StageRead, images: slice) -> StageRead:
        parts.append(len(read.pieces[0][images]))
        return of(read, images)

    monkeypatch.setattr(StageRead, "of", noted)
    yield
    assert set(parts) == {1}
