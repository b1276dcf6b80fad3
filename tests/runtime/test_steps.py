"""What a fused network does, operation by operation, and what memory it keeps."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.api import check, load
from archdsl.passes import pipeline
from archdsl.runtime.fuse.cpu import FusedCpu
from cli.commands import SPECS
from runtime.counting import Counting
from runtime.fused import built, fused, ordinary, run

DEEP = {"depth": 40}
LAYERS, CONVS = 18, 40 - 1
"""Of a network with bottlenecks of that depth: layers of its three stages, and convolutions."""


def network(name: str, settings: dict[str, Any] | None = None) -> nn.Module:
    made = built(check(load(SPECS / f"{name}.yaml", DEEP if settings is None else settings)))
    ordinary(made)
    return made


def operations(fast: Any, side: int) -> Counter[str]:
    """Of a run on ready input, once its steps are known."""
    x = torch.randn(4, 3, side, side).contiguous(memory_format=torch.channels_last)
    run(fast, x)
    counting = Counting()
    with counting:
        run(fast, x)
    found: Counter[str] = counting.counts
    return found


COPIES = ("copy_", "clone", "contiguous", "_to_copy", "cat")


def test_prefixes_are_read_in_one_pass_and_written_once() -> None:
    """Nothing is copied but every output to its place, and what enters a stage."""
    found = operations(fused(network("densenet-bc-cifar")), 64)
    assert found["copy_"] == LAYERS + 3
    assert sum(found[name] for name in COPIES) == found["copy_"]
    assert found["maximum"] == LAYERS + 2  # and two transitions
    assert found["_convolution_pointwise"] + found["addmm"] == CONVS
    assert found["batch_norm"] == found["native_batch_norm"] == 0


def test_maps_apart_are_not_copied_at_all() -> None:
    checked = check(load(SPECS / "sparsenet-bc-cifar.yaml", DEEP))
    found = operations(fused(network("sparsenet-bc-cifar")), 64)
    assert sum(found[name] for name in COPIES) == 0
    reads = sum(len(sources) for s in checked.graph.stages for sources in s.all_sources())
    # The last exit is read by the head's norm, which is applied by itself.
    last = len(checked.graph.stages[-1].exit_sources())
    assert found["maximum"] == reads - last
    assert found["addcmul"] == last


def test_small_maps_are_gathered_in_one_call_and_multiplied() -> None:
    found = operations(fused(network("sparsenet-bc-cifar")), 16)
    assert found["maximum"] < operations(fused(network("sparsenet-bc-cifar")), 64)["maximum"]
    assert found["addmm"] > LAYERS / 2


def test_sums_are_added_to_by_convolutions() -> None:
    """A post-activation ResNet needs no operation but convolutions, where nothing is projected."""
    found = operations(fused(network("resnet-basic-cifar", {"depth": 20})), 32)
    assert found["_convolution_pointwise_"] == 9 - 2
    assert found["add_"] + found["add"] == 2  # the projected ones


@pytest.mark.parametrize("name", ["densenet-bc-cifar", "sparsenet-bc-cifar"])
def test_memory_of_an_accelerator_is_as_placed(name: str) -> None:
    """A stage has as many channels as its placement says; what dies leaves its place."""
    checked = check(load(SPECS / f"{name}.yaml", DEEP))
    placed = pipeline.run(checked.graph, pipeline.FOR_INFERENCE)
    fast = fused(network(name), "cuda")
    run(fast, torch.randn(2, 3, 32, 32))
    ((tape,),) = fast.tapes.values()
    plans = [stage.placement for stage in placed.stages]
    assert all(plans)
    needed = [
        plan.channels * 2 * (32 >> place) ** 2
        for place, plan in enumerate(plans)
        if plan is not None
    ]
    assert tape.memory["stage 1"].numel() == max(needed[0], needed[2])
    assert tape.memory["stage 0"].numel() == needed[1]


def test_memory_of_a_cpu_is_that_of_the_widest_layer() -> None:
    """One scratch for what is gathered, however many layers there are: the exit's is the widest.

    And one each for padded maps and for their windows, where maps are small.
    """
    sizes = []
    for depth in (22, 40):
        fast = fused(network("densenet-bc-cifar", {"depth": depth}))
        run(fast, torch.randn(2, 3, 32, 32))
        ((tape,),) = fast.tapes.values()
        sizes.append(tape.memory["gathered"].numel())
        assert sizes[-1] == 2 * 32 * 32 * fast.network.between[0].norm.num_features
        small = {"columns", "padded (2, 48, 8, 8) 1 1"}
        assert set(tape.memory) == {"gathered", "stage 0", "stage 1", *small}
    assert sizes[0] < sizes[1]


def test_values_are_let_go() -> None:
    """After a step every value that no later step reads is gone."""
    fast = fused(network("sparsenet-bc-cifar"))
    x = torch.randn(1, 3, 32, 32)
    run(fast, x)
    ((tape,),) = fast.tapes.values()
    alive: set[int] = {0}
    for place, (_, reads, done) in enumerate(tape.steps):
        assert alive.issuperset(reads)
        alive.add(place + 1)
        alive -= set(done)
    unread = set(range(len(tape.steps) + 1)) - {r for _, reads, _ in tape.steps for r in reads}
    assert alive == unread | {tape.output}


def test_values_are_let_go_while_they_are_noted() -> None:
    """The first run holds what is read later, not what each unit has made."""
    most = [0, 0]

    class Watching(FusedCpu):
        def do(self, step: Any, *reads: int) -> int:
            made = super().do(step, *reads)
            owned = [v for v in self.values if isinstance(v, Tensor) and not self.lies(v)]
            most[0] = max(most[0], len({v.untyped_storage().data_ptr() for v in owned}))
            most[1] = len(self.steps)
            return made

        def lies(self, value: Tensor) -> bool:
            return value.untyped_storage().data_ptr() in self.owned

    fast = fused(network("densenet-bc-cifar"))
    fast.kinds = {"cpu": Watching}
    run(fast, torch.randn(1, 3, 64, 64))
    assert most[1] > 4 * LAYERS
    assert most[0] < 10


def test_there_and_back_again() -> None:
    """Moved to another kind of numbers and back, it is fast again, with its own weights."""
    plain = network("sparsenet-bc-cifar", {"depth": 22})
    fast, x = fused(plain), torch.randn(2, 3, 32, 32)
    before = run(fast, x)
    exact = run(copy.deepcopy(fast).double(), x.double())
    assert torch.allclose(exact.float(), before, rtol=1e-3, atol=1e-3)
    fast.double().float()
    assert torch.allclose(run(fast, x), before, rtol=1e-4, atol=1e-4)
    assert fast.why == ""
