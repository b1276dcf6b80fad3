"""What is watched of a network: all that its output in evaluation depends on, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from archdsl.runtime.fuse.watch import FusedWatch

MATTERS: dict[str, Callable[[Any], Any]] = {
    "a weight": lambda n: n.stem.conv.weight.detach().zero_(),
    "a statistic": lambda n: n.head.norm.running_var.add_(1),
    "another tensor": lambda n: setattr(n.head.linear, "bias", nn.Parameter(torch.zeros(100))),
    "no tensor": lambda n: setattr(n.head.linear, "bias", None),
    "another statistic": lambda n: setattr(
        n.head.norm, "running_mean", torch.zeros(n.head.norm.num_features)
    ),
    "another layer": lambda n: setattr(n.head, "norm", nn.Identity()),
    "a layer more": lambda n: n.stages[0].layers.append(nn.Identity()),
    "a layer less": lambda n: n.stages[0].layers.pop(-1),
    "a hook": lambda n: n.stem.conv.register_forward_hook(lambda *_: None),
    "a hook before": lambda n: n.stem.conv.register_forward_pre_hook(lambda *_: None),
    "moved data": lambda n: n.to(torch.float64),
}

DOES_NOT: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda n: None,
    "a count": lambda n: n.head.norm.num_batches_tracked.add_(1),
    "a gradient": lambda n: setattr(
        n.stem.conv.weight, "grad", torch.ones_like(n.stem.conv.weight)
    ),
    "a run": lambda n: n(torch.randn(1, 3, 32, 32)),
    "a mode and back": lambda n: n.train().eval(),
}


@pytest.mark.parametrize("name", MATTERS)
def test_what_matters_is_seen(name: str, network: Any) -> None:
    watch = FusedWatch(network)
    with torch.no_grad():
        MATTERS[name](network)
    assert watch.changed()
    assert not FusedWatch(network).changed()


@pytest.mark.parametrize("name", DOES_NOT)
def test_what_does_not_matter_costs_nothing(name: str, network: Any) -> None:
    watch = FusedWatch(network)
    with torch.no_grad():
        DOES_NOT[name](network)
    assert not watch.changed()


def test_a_hook_that_is_gone_is_seen(network: Any) -> None:
    handle = network.stem.conv.register_forward_hook(lambda *_: None)
    watch = FusedWatch(network)
    assert not watch.changed()
    handle.remove()
    assert watch.changed()
