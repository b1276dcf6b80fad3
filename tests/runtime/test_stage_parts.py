"""The way back through what layers read of a stage's buffer, some images after others."""

from __future__ import annotations

import pytest
import torch

from archdsl.backends.pytorch.runtime.memory_efficient.outputs import StageOutputs
from archdsl.backends.pytorch.runtime.memory_efficient.read import StageRead
from runtime.operators import assert_same, batch, imported, obstacles, plain, spec
from runtime.test_stage_operator import UNITS, worst


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("connect", ["full", "{rule: offsets, offsets: [1, 3]}"])
@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_equals_the_oracle(unit: str, connect: str) -> None:
    checked = spec(UNITS[unit], connect)
    made = imported(checked)
    assert not obstacles(made, batch())
    assert not worst(made, checked)


@pytest.mark.usefixtures("alone")
def test_frozen_norms_equal_those_of_the_layers() -> None:
    made = imported()
    for norm in (module for module in made.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        norm.eval()
    other = plain(made)
    for one in (made, other):
        one(batch(5)).square().sum().backward()
    assert_same(made, other)


@pytest.mark.parametrize(
    ("images", "most", "sizes"),
    [(7, 3, [3, 3, 1]), (7, 7, [7]), (8, 4, [4, 4]), (3, 1, [1, 1, 1]), (1, 1, [1])],
)
def test_parts_hold_no_more_than_caches_do(
    images: int, most: int, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = torch.zeros(images, 9, 4, 4)
    read = StageRead(StageOutputs(source), ((0, 2), (5, 8)), None, "")
    limit = most * 5 * 16 + 1
    monkeypatch.setattr(StageRead, "LARGEST", limit)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert [len(source[part]) for part in read.parts()] == sizes


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_gradients_of_few_bits_are_summed_once(
    dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StageRead, "LARGEST", 1)
    assert StageRead(
        StageOutputs(torch.zeros(4, 3, 8, 8, dtype=dtype)), ((0, 3),), None, ""
    ).parts() == [slice(None)]
