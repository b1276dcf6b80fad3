"""Weights of other libraries give the same outputs under our names, and come back unchanged.

tests/backends/test_peers.py compares further families.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from apps.weights.sparsenet_authors import SparseNet
from archdsl.analysis.parameters import state_shapes
from archdsl.api import check, load
from archdsl.apps.weights.conversion import convert, reverse
from archdsl.apps.weights.names import maps
from archdsl.loading import load_module, network_class
from archdsl.oracle.comparison import randomise
from backends.networks import apart
from backends.peers import PEERS

SPECS = Path(__file__).parents[3] / "specs"
Settings = dict[str, Any]

RESNETS: dict[str, tuple[str, Settings]] = {
    "resnet18": ("resnet", {"block": "double", "layers": [2, 2, 2, 2]}),
    "resnet34": ("resnet", {"block": "double"}),
    "resnet50": ("resnet", {}),
    "resnet101": ("resnet", {"layers": [3, 4, 23, 3]}),
    "resnet152": ("resnet", {"layers": [3, 8, 36, 3]}),
    "wide_resnet50_2": ("resnext", {"cardinality": 1, "base": 128}),
}
DENSENETS: dict[str, tuple[str, Settings]] = {
    "densenet121": ("densenet", {}),
    "densenet161": ("densenet", {"layers": [6, 12, 36, 24], "growth": 48}),
    "densenet169": ("densenet", {"layers": [6, 12, 32, 32]}),
    "densenet201": ("densenet", {"layers": [6, 12, 48, 32]}),
}
OTHERS: dict[str, tuple[str, Settings]] = {
    "convnext_small": ("convnext", {"layers": [3, 3, 27, 3]}),
    "shufflenet_v2_x0_5": ("shufflenet-v2", {"width": [48, 96, 192]}),
}
TIMM: dict[str, tuple[str, Settings]] = {
    "resnet50": ("resnet", {}),
    "densenet121": ("densenet", {}),
    "regnetx_016": (
        "regnet-x", {"layers": [2, 4, 10, 2], "width": [72, 168, 408, 912], "group": 24}
    ),
    "regnety_004": ("regnet-y", {}),
    "convnext_tiny": ("convnext", {}),
    "mobilenetv2_100": ("mobilenet-v2", {}),
    "efficientnet_b0": ("efficientnet", {}),
}  # fmt: skip


def randomised(make: Callable[[], nn.Module]) -> nn.Module:
    """A network in float64 that was not initialised, so that large ones take no time."""
    with torch.device("meta"):
        network = make()
    network = network.to_empty(device="cpu").double().eval()
    for weight in network.parameters():
        fan_in = weight[0].numel() if weight.dim() > 1 else 1
        nn.init.normal_(weight, std=(2 / fan_in) ** 0.5)
    for name, buffer in network.named_buffers():
        if name.endswith("num_batches_tracked"):
            buffer.fill_(7)
    randomise(network)
    for weight in network.parameters():
        if weight.dim() == 3 and weight.shape[1:] == (1, 1):
            nn.init.uniform_(weight, 0.5, 1.5)  # a layer scale
    return network


def assert_same(
    make: Callable[[], nn.Module], spec: str, settings: Settings, source: str, size: int = 64
) -> None:
    """The outputs are equal, and the weights return to the other network, which loads them all."""
    torch.manual_seed(0)
    theirs = randomised(make)
    checked = check(load(SPECS / f"{spec}.yaml", settings))
    converted = convert(checked.graph, theirs.state_dict())  # the library is recognised
    converted.report.require()
    assert source in next(m for m in maps() if m.name == converted.report.map).sources
    with torch.device("meta"):
        ours = network_class(load_module(checked.emit()))().eval()
    ours.load_state_dict(converted.state, assign=True)
    images = torch.randn(1, 3, size, size, dtype=torch.float64)
    with torch.no_grad():
        expected = theirs(images)
        assert apart(ours(images), expected) < 1e-6
    assert float(expected.std()) > 1e-3
    back = reverse(checked.graph, ours.state_dict(), source)
    back.report.require()
    with torch.device("meta"):
        other = make()
    other.load_state_dict(back.state, assign=True)
    returned = other.state_dict()
    assert all(torch.equal(value, returned[name]) for name, value in theirs.state_dict().items())


@pytest.mark.parametrize("name", [*RESNETS, *DENSENETS, *OTHERS])
def test_torchvision(name: str, torchvision: ModuleType) -> None:
    spec, settings = (RESNETS | DENSENETS | OTHERS)[name]
    make = getattr(torchvision.models, name)
    assert_same(lambda: make(weights=None), f"{spec}-imagenet", settings, "torchvision")


@pytest.mark.parametrize("name", TIMM)
@pytest.mark.usefixtures("torchvision")  # timm imports it
def test_timm(name: str) -> None:
    timm = pytest.importorskip("timm", reason="timm is not installed")
    spec, settings = TIMM[name]
    assert_same(lambda: timm.create_model(name), f"{spec}-imagenet", settings, "timm")


SMALL_SPARSENET = {"depth": 40, "growth": 8, "stem": 8, "classes": 10}


def test_names_of_the_sparsenet_authors() -> None:
    assert_same(lambda: SparseNet(8, 6, 10), "sparsenet-bc-cifar", SMALL_SPARSENET, "sparsenet", 32)


@pytest.mark.parametrize(
    ("arguments", "spec", "settings"),
    [
        ((8, 40, 0.5, 10, True), "sparsenet-bc-cifar", SMALL_SPARSENET),
        ((8, 22, 1, 10, False), "sparsenet-cifar", {**SMALL_SPARSENET, "depth": 22}),
    ],
)
def test_file_of_the_sparsenet_authors(
    arguments: tuple[Any, ...], spec: str, settings: Settings, torchvision: ModuleType
) -> None:
    reason = (
        "src/pytorch/denselink.py of github.com/Lyken17/SparseNet is in no folder of PYTHONPATH"
    )
    denselink = pytest.importorskip("denselink", reason=reason)
    assert torchvision
    growth, depth, reduction, classes, bottleneck = arguments

    def make() -> nn.Module:
        network: nn.Module = denselink.DenseNet(growth, depth, reduction, classes, bottleneck)
        return network

    assert_same(make, spec, settings, "sparsenet", 32)


def test_older_names_of_densenet(torchvision: ModuleType) -> None:
    """`norm.1` for `norm1`, and no counters of batches, as in the first files of torchvision."""
    with torch.device("meta"):
        state = torchvision.models.densenet121(weights=None).state_dict()
    older = {
        name.replace("norm1.", "norm.1.").replace("norm2.", "norm.2.")
        .replace("conv1.", "conv.1.").replace("conv2.", "conv.2."): torch.ones(value.shape)
        for name, value in state.items()
        if not name.endswith("num_batches_tracked")
    }  # fmt: skip
    assert "features.denseblock1.denselayer1.norm.1.weight" in older
    graph = check(load(SPECS / "densenet-imagenet.yaml")).graph
    converted = convert(graph, older, "torchvision")
    converted.report.require()
    assert converted.report.map == "densenet/older"
    assert len(converted.report.filled) == 121
    assert len(converted.report.loaded) == len(older)


@pytest.mark.parametrize("name", PEERS)
def test_every_map_is_for_its_network(name: str) -> None:
    """All names are rewritten and none twice, also where the other library is not installed."""
    peer = PEERS[name]
    graph = peer.ours().graph
    state = {name: torch.zeros(()) for name in state_shapes(graph)}
    report = reverse(graph, state, peer.source).report
    assert peer.source in next(m for m in maps() if m.name == report.map).sources
    assert report.missing == ()
    assert report.unexpected == ()
