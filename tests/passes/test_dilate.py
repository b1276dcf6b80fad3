"""Dilation instead of strides: larger maps, between whose pixels the old ones are unchanged."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from archdsl.api import Checked, check, check_text, load
from archdsl.apps.weights.conversion import convert
from archdsl.backends.pytorch.provenance import read_emitted
from archdsl.errors import ArchdslError
from archdsl.ir.layers import Block, Conv
from archdsl.ir.verify import verify
from archdsl.oracle.comparison import load_module, network_class, randomise
from archdsl.passes.dilate import dilate
from backends.networks import TOLERANCE, apart, assert_equals_oracle
from backends.test_backbone import ours_and_theirs, small
from backends.test_shipped import SPECS

REFUSED = {
    "condensenet-imagenet", "convnext-imagenet", "densenet-bc-cifar", "densenet-cifar",
    "densenet-imagenet", "ese-vovnet-imagenet", "fc-densenet-camvid", "fractalnet-cifar",
    "googlenet-imagenet", "hardnet-imagenet", "log-densenet-cifar", "log-densenet-v2-cifar",
    "mixnet-cifar", "plain-cifar", "rdnet-imagenet", "sparsenet-bc-cifar", "sparsenet-cifar",
    "sparsenet-imagenet", "u-net-brain", "vovnet-imagenet",
}  # fmt: skip
"""Networks that make their maps smaller by a pooling, or by convolutions without padding."""

UNCHANGED = {"highway-mnist"}
GATES = {"efficientnet-imagenet", "regnet-y-imagenet", "se-resnet-imagenet"}
"""A gate multiplies a map by numbers that depend on the mean over its pixels."""

DILATED = [path for path in SPECS if path.stem not in REFUSED | UNCHANGED]


def features(checked: Checked, state: Any = None) -> Any:
    torch.manual_seed(0)
    network: Any = network_class(load_module(checked.emit(backbone=True)))().double().eval()
    randomise(network)
    if state is not None:
        network.load_state_dict(state)
    return network


@pytest.mark.parametrize("path", DILATED, ids=lambda path: path.stem)
def test_the_old_pixels_are_those_of_the_network(path: Path) -> None:
    checked = small(path)
    plain = features(checked)
    stride = 2
    dilated = checked.with_output_stride(stride)
    larger = features(dilated, plain.state_dict())
    x = torch.randn(1, *checked.spec.words.input, dtype=torch.float64)
    few, many = plain.forward_features(x), larger.forward_features(x)
    assert -(-x.shape[2] // stride) == many.shape[2] > few.shape[2]
    step = plain.feature_info[-1]["reduction"] // stride
    if path.stem not in GATES:
        assert apart(many[:, :, ::step, ::step], few) <= TOLERANCE
    reductions = [feature["reduction"] for feature in plain.feature_info]
    assert [f["reduction"] for f in larger.feature_info] == [min(r, stride) for r in reductions]
    assert [f["num_chs"] for f in larger.feature_info] == [f["num_chs"] for f in plain.feature_info]


@pytest.mark.parametrize("path", DILATED, ids=lambda path: path.stem)
def test_it_is_a_valid_network_that_equals_the_oracle(path: Path) -> None:
    dilated = small(path).with_output_stride(4)
    network = network_class(load_module(dilated.emit()))().double()
    randomise(network)
    assert_equals_oracle(network, verify(dilated.graph))


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_cannot_be_dilated_is_refused_with_the_layer(name: str) -> None:
    checked = small(Path(SPECS[0].parent / f"{name}.yaml"))
    with pytest.raises(ArchdslError) as raised:
        checked.with_output_stride(1)
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "A414"
    assert (
        "cannot be dilated" in diagnostic.message or "another output stride" in diagnostic.message
    )


def test_a_network_without_such_strides_stays_as_it_is() -> None:
    graph = check(load("resnet-50")).graph
    assert dilate(graph, 32) is graph
    assert dilate(graph, 64) is graph
    with pytest.raises(ArchdslError, match="A414"):
        check(load("resnet-20")).with_output_stride(0)


def test_units_that_are_equal_still_share_their_layers() -> None:
    graph = check(load("resnet-50")).graph
    dilated = dilate(graph, 8)
    assert len(dilated.layer_lists) <= len(graph.layer_lists) + 4
    convs = [layer for layer in dilated.layers() if isinstance(layer, Conv)]
    assert {(conv.dilation, conv.padding) for conv in convs if conv.kernel == 3} == {
        (1, 1), (2, 2), (4, 4),
    }  # fmt: skip


def test_layers_inside_blocks_are_dilated() -> None:
    dilated = check(load("shufflenet-v2-x1-0")).with_output_stride(8).graph
    blocks = [layer for layer in dilated.layers() if isinstance(layer, Block)]
    steps = {
        layer.dilation for block in blocks for layer in block.inside() if isinstance(layer, Conv)
    }
    assert steps == {1, 2, 4}


def test_a_classifier_that_reads_all_pixels_is_refused() -> None:
    text = """archdsl: 1
name: net
input: [3, 16, 16]
stem: [{conv: {width: 4, stride: 2}}]
stages:
  {count: 1, layers: 2, unit: {kind: basic, order: pre, width: 4}, connect: full, aggregate: sum}
head: [flatten, {linear: {width: 5}}]
"""
    with pytest.raises(ArchdslError, match="reads all pixels"):
        check_text(text).with_output_stride(1)


def test_a_file_says_its_output_stride(tmp_path: Path) -> None:
    checked = small(SPECS[0].parent / "resnet-imagenet.yaml").with_output_stride(8)
    path = tmp_path / "net.py"
    path.write_text(checked.emit(), encoding="ascii")
    assert read_emitted(path).output_stride == 8
    assert path.read_text(encoding="ascii").endswith("\nOUTPUT_STRIDE = 8\n")


@pytest.mark.parametrize("output_stride", [8, 16])
@pytest.mark.parametrize("name", ["resnet50", "seresnet50"])
def test_the_same_as_in_timm(name: str, output_stride: int, torchvision: ModuleType) -> None:
    timm: Any = pytest.importorskip("timm", reason="timm is not installed")
    plain, theirs = ours_and_theirs(name, timm)
    wide = timm.create_model(name, output_stride=output_stride).double().eval()
    wide.load_state_dict(theirs.state_dict())
    spec = load({"resnet50": "resnet-50", "seresnet50": "se-resnet-50"}[name])
    ours = features(check(spec).with_output_stride(output_stride), plain.state_dict())
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        assert apart(ours.forward_features(x), wide.forward_features(x)) <= TOLERANCE
        assert apart(ours(x), wide(x)) <= TOLERANCE
    assert [f["reduction"] for f in ours.feature_info] == [
        min(f["reduction"], output_stride) for f in plain.feature_info
    ]


def test_the_same_as_in_torchvision(torchvision: ModuleType) -> None:
    late = [False, True, True]
    theirs = torchvision.models.resnet50(replace_stride_with_dilation=late).double().eval()
    randomise(theirs)
    checked = check(load("resnet-50"))
    state = convert(checked.graph, theirs.state_dict(), "torchvision").state
    ours = features(checked.with_output_stride(8), state)
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        assert apart(ours(x), theirs(x)) <= TOLERANCE
