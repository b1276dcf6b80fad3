"""DenseNet-121 and ResNet-50 with torchvision's weights are torchvision's networks."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archdsl.api import Checked, check, load
from archdsl.apps.weights.conversion import convert
from archdsl.oracle.comparison import load_module, network_class, randomise
from backends.networks import TOLERANCE, apart

SPECS = Path(__file__).parent.parent.parent / "specs"

SPEC_OF = {"densenet121": "densenet-imagenet", "resnet50": "resnet-imagenet"}


def ours(name: str) -> Checked:
    return check(load(SPECS / f"{SPEC_OF[name]}.yaml"))


@pytest.mark.parametrize("name", SPEC_OF)
def test_same_outputs_with_the_same_weights(name: str, torchvision: ModuleType) -> None:
    peer: nn.Module = getattr(torchvision.models, name)(weights=None).double().eval()
    randomise(peer)
    network = network_class(load_module(ours(name).emit()))().double().eval()
    network.load_state_dict(convert(ours(name).graph, peer.state_dict(), "torchvision").state)
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        expected = peer(x)
        assert apart(network(x), expected) <= TOLERANCE
    assert apart(network(x), expected) <= TOLERANCE
    other = getattr(torchvision.models, name)(weights=None).double().eval()
    assert apart(other(x), expected) > 1e-3


@pytest.mark.parametrize("name", SPEC_OF)
def test_multiply_adds_are_those_that_torchvision_runs(name: str, torchvision: ModuleType) -> None:
    counter = FlopCounterMode(display=False)
    with torch.device("meta"):
        peer = getattr(torchvision.models, name)(weights=None).eval()
        with torch.no_grad(), counter:
            peer(torch.empty(1, 3, 224, 224))
    report = ours(name).report
    assert counter.get_total_flops() == 2 * report.macs == report.flops
    assert sum(weight.numel() for weight in peer.parameters()) == report.parameters
