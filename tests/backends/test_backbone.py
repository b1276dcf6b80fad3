"""Files with `backbone` compute the same, and offer what timm's networks offer."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from archdsl.api import Checked, check, check_text, load
from archdsl.apps.weights.conversion import convert
from archdsl.backends.pytorch.provenance import read_emitted
from archdsl.loading import load_module, network_class
from archdsl.oracle.comparison import randomise
from backends.networks import TOLERANCE, apart, assert_laid_out, copied, gradients
from backends.peers import PEERS
from backends.test_shipped import SMALL, SPECS

SIZES = {
    "[3, 224, 224]": "[3, 96, 96]", "[3, 32, 32]": "[3, 16, 16]", "[1, 28, 28]": "[1, 8, 8]",
    "[3, 256, 256]": "[3, 32, 32]",
}  # fmt: skip


@cache
def small(path: Path) -> Checked:
    """A shipped spec at a depth, widths and an input that fit a test."""
    text = path.read_text(encoding="utf-8")
    for usual, smaller in SIZES.items():
        text = text.replace(usual, smaller)
    return check_text(text, {"classes": 5, **SMALL[path.stem]})


def instance(checked: Checked, **options: Any) -> Any:
    torch.manual_seed(0)
    network = network_class(load_module(checked.emit(**options)))().double()
    randomise(network)
    return network


@pytest.fixture(params=SPECS, ids=lambda path: path.stem)
def checked(request: pytest.FixtureRequest) -> Checked:
    return small(request.param)


def images(checked: Checked) -> Tensor:
    return torch.randn(2, *checked.spec.words.input, dtype=torch.float64)


def test_it_computes_what_the_plain_file_computes(checked: Checked) -> None:
    plain, network, x = instance(checked), instance(checked, backbone=True), images(checked)
    network.load_state_dict(plain.state_dict())
    assert list(network.state_dict()) == list(plain.state_dict())
    for mode in (False, True):
        outputs = []
        for one in (plain.train(mode), network.train(mode)):
            torch.manual_seed(1)
            outputs.append(one(x))
        assert apart(*outputs) == 0.0
    assert apart(network.eval().forward_head(network.forward_features(x)), network(x)) == 0.0


def test_feature_maps_are_as_large_as_it_says(checked: Checked) -> None:
    network, x = instance(checked, backbone=True).eval(), images(checked)
    network.feature_info.clear()  # a copy
    maps = network.features_only()(x)
    reductions = [feature["reduction"] for feature in network.feature_info]
    assert len(maps) == len(reductions) == len(set(reductions))
    assert reductions == sorted(reductions)
    for output, feature in zip(maps, network.feature_info, strict=True):
        assert output.shape[:2] == (2, feature["num_chs"])
        assert -(-x.shape[2] // feature["reduction"]) == output.shape[2]
        network.get_submodule(feature["module"])
    features = network.forward_features(x)
    assert features.shape[1] == network.num_features
    hidden = network.forward_head(features, pre_logits=True)
    assert hidden.shape[1] == network.head_hidden_size


def test_the_classifier_can_be_replaced_and_removed(checked: Checked) -> None:
    network, x = instance(checked, backbone=True).eval(), images(checked)
    if not network.CLASSIFIER:
        assert network.num_classes == 0
        with pytest.raises(ValueError, match="does not end with a linear layer"):
            network.reset_classifier(3)
        return
    assert network.num_classes == 5
    hidden = network.forward_head(network.forward_features(x), pre_logits=True)
    network.reset_classifier(3)
    assert (network.num_classes, network(x).shape) == (3, (2, 3))
    network.reset_classifier(0)
    assert network.num_classes == 0
    assert apart(network(x), hidden) == 0.0
    network.reset_classifier(7)
    assert network(x).shape == (2, 7)


def test_checkpointed_gradients_are_the_same(checked: Checked) -> None:
    network, x = instance(checked, backbone=True).eval(), images(checked)
    weights = dict(network.named_parameters())
    expected = gradients(network(x), weights)
    network.set_grad_checkpointing()
    output = network(x)
    toward = torch.randn(output.shape, dtype=output.dtype, generator=torch.manual_seed(1))
    output.backward(toward)
    for name, weight in weights.items():
        if weight.grad is not None:
            assert apart(weight.grad, expected[name], 1e-3) <= TOLERANCE, name
    network.set_grad_checkpointing(False)
    assert not network.grad_checkpointing


def test_files_are_laid_out_and_say_what_they_are(tmp_path: Path) -> None:
    texts = {path.stem: small(path).emit(backbone=True) for path in SPECS}
    assert_laid_out(tmp_path, texts)
    for file in tmp_path.glob("*.py"):
        assert read_emitted(file).backbone
    (tmp_path / "plain.py").write_text(small(SPECS[0]).emit(), encoding="ascii")
    assert not read_emitted(tmp_path / "plain.py").backbone


def test_copies_pickles_and_short_files() -> None:
    checked = small(SPECS[0])
    network, x = instance(checked, backbone=True).eval(), images(checked)
    maps = network.features_only([-1])
    for other in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert apart(other(x), network(x)) == 0.0
    assert apart(pickle.loads(pickle.dumps(maps))(x)[0], maps(x)[0]) == 0.0
    short = instance(checked, backbone=True, runtime="import").eval()
    short.load_state_dict(network.state_dict())
    assert apart(short(x), network(x)) == 0.0


def test_indices_choose_maps() -> None:
    network = instance(check_text((SPECS[0].parent / "densenet-cifar.yaml").read_text(),
                                  {"depth": 13, "growth": 4}), backbone=True).eval()  # fmt: skip
    x = torch.randn(1, 3, 32, 32, dtype=torch.float64)
    maps = network.features_only()(x)
    last, chosen = network.forward_intermediates(x, indices=1)
    assert apart(last, maps[-1]) == apart(chosen[0], maps[-1]) == 0.0
    chosen = network.forward_intermediates(x, indices=[0, -1], intermediates_only=True)
    assert [tuple(one.shape) for one in chosen] == [tuple(maps[0].shape), tuple(maps[2].shape)]
    reader = network.features_only([0, 2])
    assert (reader.channels(), reader.reduction()) == ([maps[0].shape[1], maps[2].shape[1]], [1, 4])
    with pytest.raises(IndexError):
        network.forward_intermediates(x, indices=[3])


NAMES = {"densenet121": "densenet-121", "resnet50": "resnet-50"}
PEERS_OF_TIMM = [*NAMES, "seresnet50", "ese_vovnet39b"]


def ours_and_theirs(name: str, library: ModuleType) -> tuple[Any, Any]:
    """Our network and timm's with the same weights, with norms that are not fresh."""
    theirs = library.create_model(name).double().eval()
    randomise(theirs)
    if name in PEERS:
        ours = instance(PEERS[name].ours(), backbone=True)
        state: Mapping[str, Tensor] = PEERS[name].weights(theirs)
    else:
        checked = check(load(NAMES[name]))
        ours = instance(checked, backbone=True)
        state = convert(checked.graph, theirs.state_dict(), "timm").state
    ours.load_state_dict(state)
    return ours.eval(), theirs


@pytest.mark.parametrize("name", PEERS_OF_TIMM)
def test_halves_and_feature_maps_are_those_of_timm(name: str, torchvision: ModuleType) -> None:
    timm: Any = pytest.importorskip("timm", reason="timm is not installed")
    ours, theirs = ours_and_theirs(name, timm)
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        features = theirs.forward_features(x)
        assert apart(ours.forward_features(x), features) <= TOLERANCE
        assert apart(ours.forward_head(features), theirs.forward_head(features)) <= TOLERANCE
        hidden = theirs.forward_head(features, pre_logits=True)
        assert apart(ours.forward_head(features, pre_logits=True), hidden) <= TOLERANCE
    for attribute in ("num_features", "num_classes", "head_hidden_size"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    reader = timm.create_model(name, features_only=True).double().eval()
    # It flattens names: `features.norm0` becomes `features_norm0`.
    weights = {key.replace(".", "_"): value for key, value in theirs.state_dict().items()}
    reader.load_state_dict({key: weights[key.replace(".", "_")] for key in reader.state_dict()})
    with torch.no_grad():
        pairs = list(zip(ours.features_only()(x), reader(x), strict=True))
    assert all(apart(one, other) <= TOLERANCE for one, other in pairs)
    info = reader.feature_info
    assert [f["num_chs"] for f in ours.feature_info] == info.channels()
    assert [f["reduction"] for f in ours.feature_info] == info.reduction()


def test_timm_reads_features_by_its_own_wrapper(torchvision: ModuleType) -> None:
    pytest.importorskip("timm", reason="timm is not installed")
    from timm.models._features import FeatureGetterNet

    network = instance(small(SPECS[4]), backbone=True).eval()
    x = torch.randn(2, 3, 96, 96, dtype=torch.float64)
    reader: Any = FeatureGetterNet(network, out_indices=(0, 1))
    maps = network.features_only([0, 1])(x)
    assert [tuple(one.shape) for one in reader(x)] == [tuple(one.shape) for one in maps]
    assert copied(network).keys() == {key.removeprefix("model.") for key in reader.state_dict()}
