"""What a fused network does, operation by operation, and what memory it keeps."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.api import check, load
from archdsl.passes import pipeline
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
    products = found["_linear_pointwise"] + found["addmm"]
    assert found["_convolution_pointwise"] + products == CONVS + 1  # and a linear layer
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
    ((_, recording),) = fast.pool.idle
    plans = [stage.placement for stage in placed.stages]
    assert all(plans)
    needed = [
        plan.channels * 2 * (32 >> place) ** 2
        for place, plan in enumerate(plans)
        if plan is not None
    ]
    assert recording.memory.blocks["stage 1"].numel() == max(needed[0], needed[2])
    assert recording.memory.blocks["stage 0"].numel() == needed[1]


def test_memory_of_a_cpu_is_that_of_the_widest_layer() -> None:
    """One scratch for what is gathered, however many layers there are: the exit's is the widest.

    And one each for padded maps and for their windows, where maps are small.
    """
    sizes = []
    for depth in (22, 40):
        plain: Any = network("densenet-bc-cifar", {"depth": depth})
        fast = fused(plain)
        run(fast, torch.randn(1, 3, 32, 32))
        ((_, recording),) = fast.pool.idle
        blocks = recording.memory.blocks
        sizes.append(blocks["gathered"].numel())
        assert sizes[-1] == 32 * 32 * plain.between[0].norm.num_features
        small = {"columns", "padded (1, 48, 8, 8) 1 1"}
        assert set(blocks) == {"gathered", "stage 0", "stage 1", *small}
    assert sizes[0] < sizes[1]


def test_values_are_freed() -> None:
    """After a call every value that no later call reads is gone."""
    fast = fused(network("sparsenet-bc-cifar"))
    x = torch.randn(1, 3, 32, 32)
    run(fast, x)
    ((_, recording),) = fast.pool.idle
    calls = recording.calls
    alive: set[int] = {0}
    for index, (_, inputs, dead) in enumerate(calls):
        assert alive.issuperset(inputs)
        alive.add(index + 1)
        alive -= set(dead)
    unread = set(range(len(calls) + 1)) - {value for _, inputs, _ in calls for value in inputs}
    assert alive == unread | {recording.output}


def test_values_are_freed_while_they_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run holds what is read later, not the result of every step."""
    plain: Any = network("densenet-bc-cifar")
    recorder: Any = plain.fuse.__func__.__globals__["FusedRecorder"]
    most = [0, 0]

    class Watching(recorder):  # type: ignore[misc]
        def call(self, function: Any, *inputs: int) -> int:
            result: int = super().call(function, *inputs)
            tensors = [value for value in self.values if isinstance(value, Tensor)]
            held = [value for value in tensors if not self.memory.holds(value)]
            most[0] = max(most[0], len({value.untyped_storage().data_ptr() for value in held}))
            most[1] = len(self.values)
            return result

    monkeypatch.setitem(plain.fuse.__func__.__globals__, "FusedRecorder", Watching)
    run(fused(plain), torch.randn(1, 3, 64, 64))
    assert most[1] > 4 * LAYERS
    assert most[0] < 10
