"""What the benchmarks of inference are made of: peers, single steps, and counted memory."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
import torch
from torch import nn

from archdsl.api import check, load
from cli.commands import ROOT, SPECS
from runtime.fused import built, ordinary


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Import a file of the benchmarks into this process."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return import_module


def test_a_compiled_network_stays_as_it_was_compiled(
    script: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Later ones do not make it compile again, with other settings."""
    frozen: list[bool] = []
    compile = torch.compile

    def backend(graph: Any, example: Any) -> Any:
        frozen.append(torch._inductor.config.freezing)
        return graph.forward

    def compiled(network: Any, *, dynamic: bool, mode: str) -> Any:
        return compile(network, dynamic=dynamic, backend=backend)

    monkeypatch.setattr(torch, "compile", compiled)
    peers, x = script("peers"), torch.ones(2, 4)
    with torch.no_grad():
        runs = [
            peers.compiled(nn.Linear(4, width), x, freezing=freezing)
            for width, freezing in ((3, True), (5, False))
        ]
        assert [run().shape[1] for run in runs] == [3, 5]
    assert frozen == [True, False]


def test_ways_of_a_step_compute_the_same(script: Callable[[str], Any]) -> None:
    steps = script("steps")
    with torch.no_grad():
        for ways in (steps.pointwise(1, 7, 32), steps.windows(1, 7, 32)):
            one, *others = (way() for way in ways.values())
            assert len(others) == 2
            for other in others:
                torch.testing.assert_close(one, other)
        shapes = {way().shape for way in steps.gathers(1, 7, 3).values()}
    assert shapes == {(1, 96, 7, 7)}


def test_memory_of_a_snapshot_is_counted(script: Callable[[str], Any]) -> None:
    """Folded weights, and after a run what its recording keeps."""
    count = script("fusing").megabytes
    network: Any = built(check(load(SPECS / "densenet-bc-cifar.yaml", {"depth": 22})))
    ordinary(network)
    state = sum(value.nbytes for value in network.state_dict().values()) / 1e6
    assert count(network) == pytest.approx(state)
    fast = network.eval().fuse()
    weights = count(fast)
    assert 0.9 * state < weights < state
    with torch.no_grad():
        fast(torch.randn(1, 3, 32, 32))
    ((_, recording),) = fast.pool.idle
    memory = sum(block.nbytes for block in recording.memory.blocks.values()) / 1e6
    packed = count(fast) - weights - memory
    assert 0 < packed < weights
