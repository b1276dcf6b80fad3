"""Networks of `specs/` compute what those of other libraries do with the same weights."""

from __future__ import annotations

from types import ModuleType

import pytest
import torch

from archdsl.oracle.comparison import load_module, network_class, randomise
from backends.networks import TOLERANCE, apart
from backends.peers import PEERS

WHERE = {
    "timm": "timm is not installed",
    "hardnet": "hardnet.py of github.com/PingoLH/Pytorch-HarDNet is not in a folder of PYTHONPATH",
    "models.tiramisu": "github.com/bfortuner/pytorch_tiramisu is not a folder of PYTHONPATH",
}


def library(name: str, torchvision: ModuleType) -> ModuleType:
    """The module of a library; the test is skipped where it is not installed."""
    if name == "torchvision":
        return torchvision
    module: ModuleType = pytest.importorskip(name, reason=WHERE[name])
    return module


def enlarge(network: torch.nn.Module) -> None:
    """Give a layer scale of shape (channels, 1, 1) numbers that do not hide what it multiplies."""
    for weight in network.parameters():
        if weight.dim() == 3 and weight.shape[1:] == (1, 1):
            torch.nn.init.uniform_(weight, 0.5, 1.5)


@pytest.mark.parametrize("name", PEERS)
def test_same_outputs_with_the_same_weights(name: str, torchvision: ModuleType) -> None:
    peer, module = PEERS[name], library(PEERS[name].library, torchvision)
    theirs, other = (peer.make(module).double().eval() for _ in range(2))
    for network in (theirs, other):
        randomise(network)
        enlarge(network)
    ours = network_class(load_module(peer.ours().emit()))().double().eval()
    ours.load_state_dict(peer.weights(theirs))
    images = torch.randn(2, 3, 96, 64, dtype=torch.float64)
    with torch.no_grad():
        expected = theirs(images)
        assert apart(peer.seen(ours(peer.seen(images))), expected) <= TOLERANCE
        assert apart(other(images), expected) > 1e-3
    assert sum(weight.numel() for weight in theirs.parameters()) == peer.ours().report.parameters
