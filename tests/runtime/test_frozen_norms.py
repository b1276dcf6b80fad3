"""Norms in evaluation mode inside a stage that is one operator: the numbers of the layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from backends.networks import apart
from runtime.operators import (
    assert_same,
    batch,
    gradients,
    network,
    obstacles,
    plain,
    spec,
    statistics,
)
from runtime.test_stage_operator import RULES, UNITS

NORMS = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d


def norms(made: nn.Module) -> list[Any]:
    """The norms of all stages in order."""
    return [module for module in made.stages.modules() if isinstance(module, NORMS)]  # type: ignore[union-attr]


def every_second(made: Any) -> None:
    for norm in norms(made)[::2]:
        norm.eval()


def every_third(made: Any) -> None:
    for place, norm in enumerate(norms(made)):
        norm.train(place % 3 == 0)


def all_of_them(made: Any) -> None:
    for norm in norms(made):
        norm.eval()


def those_of_a_stage(made: Any) -> None:
    made.stages[0].eval()


def whole(made: Any) -> None:
    made.eval()


FROZEN: dict[str, Callable[[Any], None]] = {
    "every second norm": every_second,
    "every norm but each third": every_third,
    "all norms": all_of_them,
    "a stage": those_of_a_stage,
    "the network": whole,
}


def frozen(checked: Any, choose: Callable[[Any], None]) -> Any:
    """A network of which some norms are in evaluation mode."""
    made = network(checked)
    choose(made)
    return made


@pytest.mark.parametrize("which", FROZEN)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("unit", UNITS)
def test_some_norms_are_frozen(which: str, layout: torch.memory_format, unit: str) -> None:
    made = frozen(spec(UNITS[unit]), FROZEN[which])
    other = plain(made)
    assert not obstacles(made, batch())
    results = []
    for each in (made, other):
        for step in range(2):
            x = (batch() * (step + 1)).contiguous(memory_format=layout).requires_grad_()
            output = each(x)
            output.square().sum().backward()
            results.append((output, x.grad))
    for ours, theirs in zip(results[:2], results[2:], strict=True):
        assert all(apart(a, b) < 1e-12 for a, b in zip(ours, theirs, strict=True))
    assert_same_state(made, other)


def assert_same_state(made: Any, other: Any) -> None:
    """Two networks have the same gradients, and running statistics if they have any."""
    assert apart(gradients(made), gradients(other)) < 1e-12
    if list(made.stages.buffers()):
        assert apart(statistics(made), statistics(other)) < 1e-12


@pytest.mark.parametrize("connect", RULES)
def test_some_norms_are_frozen_under_every_rule(connect: str) -> None:
    made = frozen(spec(connect=connect), every_third)
    other = plain(made)
    for each in (made, other):
        each(batch()).square().sum().backward()
    assert_same(made, other)


def test_frozen_norms_keep_their_statistics_and_the_others_go_on() -> None:
    made = frozen(spec(), every_second)
    before = [norm.running_mean.clone() for norm in norms(made)]
    made(batch()).sum().backward()
    same = [norm.running_mean.equal(b) for norm, b in zip(norms(made), before, strict=True)]
    assert same == [not norm.training for norm in norms(made)]
    assert [int(norm.num_batches_tracked) for norm in norms(made)] == [
        int(norm.training) for norm in norms(made)
    ]


def kept(made: Any, x: Tensor) -> int:
    """Bytes of what a forward pass saves, each piece of memory once."""
    sizes: dict[int, int] = {}

    def pack(saved: Tensor) -> Tensor:
        sizes[saved.untyped_storage().data_ptr()] = saved.untyped_storage().nbytes()
        return saved

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda saved: saved):
        made(x)
    return sum(sizes.values())


@pytest.mark.parametrize("which", ["every second norm", "all norms", "the network"])
def test_what_is_kept_stays_linear(which: str) -> None:
    training = network(spec(connect="full"))
    made = network(spec(connect="full"))
    FROZEN[which](made)
    assert kept(made, batch(8)) <= 1.01 * kept(training, batch(8))
    assert kept(made, batch(8)) < 0.6 * kept(plain(made), batch(8))


def test_norms_without_running_statistics_use_those_of_the_batch_in_evaluation() -> None:
    made = network()
    for norm in norms(made)[::2]:
        norm.running_mean = norm.running_var = norm.num_batches_tracked = None
        norm.track_running_stats = False
    other = plain(made)
    for mode in (True, False):
        for each in (made, other):
            each.train(mode)(batch()).square().sum().backward()
    assert not obstacles(made, batch())
    assert_same(made, other)


def test_norms_without_weights() -> None:
    made = network()
    for norm in norms(made)[::2]:
        norm.weight = norm.bias = None
    norms(made)[1].bias = None
    norms(made)[2].eval()
    other = plain(made)
    for each in (made, other):
        each(batch()).square().sum().backward()
    assert not obstacles(made, batch())
    assert_same(made, other)


def test_running_statistics_without_a_count() -> None:
    made = network()
    for norm, momentum in zip(norms(made), [0.2, None] * 8, strict=True):
        norm.num_batches_tracked, norm.momentum = None, momentum
    other = plain(made)
    for each in (made, other):
        each(batch()).square().sum().backward()
    assert_same(made, other)


def test_frozen_norms_with_dropout() -> None:
    made = frozen(spec("{kind: dense-bottleneck, order: pre, width: 4, dropout: 0.4}"), every_third)
    for layer in made.stages[0].layers:
        layer.training = False  # its dropout drops nothing
    other = plain(made)
    for each in (made, other):
        torch.manual_seed(5)
        each(batch()).square().sum().backward()
    assert_same(made, other)


def test_frozen_norms_under_autocast() -> None:
    made = frozen(spec(), every_third).float()
    other, exact = plain(made), plain(made).double()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = [each(batch().float()) for each in (made, other)]
    for output in [*outputs, exact(batch())]:
        output.double().square().sum().backward()
    errors = [apart(gradients(each), gradients(exact)) for each in (made, other)]
    assert errors[0] < 1.5 * errors[1]


def test_frozen_norms_in_a_compiled_network() -> None:
    made = frozen(spec(), every_third)
    other = plain(made)
    compiled = torch.compile(made, fullgraph=True, backend="aot_eager")
    for each in (compiled, other):
        each(batch()).square().sum().backward()
    assert_same(made, other, 1e-10)


def test_frozen_norms_with_frozen_weights() -> None:
    made = frozen(spec(), all_of_them)
    for norm in norms(made):
        norm.requires_grad_(requires_grad=False)
    made.stages[0].layers[1].conv1.weight.requires_grad_(requires_grad=False)
    other = plain(made)
    for each in (made, other):
        each(batch()).square().sum().backward()
    for ours, theirs in zip(made.parameters(), other.parameters(), strict=True):
        assert (ours.grad is None) == (theirs.grad is None)
        assert ours.grad is None or apart(ours.grad, theirs.grad) < 1e-12
