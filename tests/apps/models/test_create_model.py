"""`archdsl.create_model`: networks by name, with weights, for other classes and inputs."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archdsl
from archdsl.errors import ArchdslError
from archdsl.oracle.comparison import randomise
from backends.networks import apart

SMALL: dict[str, Any] = {"layers": [2, 3, 3, 2], "growth": 4}


def created(**options: Any) -> Any:
    torch.manual_seed(0)
    return archdsl.create_model("densenet-imagenet", **{**SMALL, **options})


def saved(folder: Path, **options: Any) -> tuple[Path, Any]:
    """A checkpoint, and the network that it is of."""
    network = created(**options)
    randomise(network)
    torch.save({"epoch": 3, "model": network.state_dict()}, folder / "network.pth")
    return folder / "network.pth", network.eval()


def images(channels: int = 3) -> Tensor:
    return torch.randn(2, channels, 64, 64)


def test_a_network_by_name_is_that_of_its_spec() -> None:
    network: Any = archdsl.create_model("densenet-121")
    assert type(network).__name__ == "DenseNet121"
    count = sum(weight.numel() for weight in network.parameters())
    assert (count, network.num_classes, network.num_features) == (7978856, 1000, 1024)
    plain = archdsl.build(archdsl.load("densenet-121"))
    assert list(plain.state_dict()) == list(network.state_dict())


def test_weights_of_its_own_names(tmp_path: Path) -> None:
    path, network = saved(tmp_path)
    again, x = created(weights=path).eval(), images()
    assert apart(again(x), network(x)) == 0.0


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    path, _ = saved(tmp_path, growth=8)
    with pytest.raises(ArchdslError, match="A445"):
        created(weights=path)
    with pytest.raises(ArchdslError, match="A445"):
        created(weights=path, num_classes=3)
    with pytest.raises(ArchdslError, match="A401"):
        created(weights=tmp_path / "none.pth")


@pytest.mark.parametrize("fuse", [False, True])
def test_a_snapshot_and_other_classes(tmp_path: Path, fuse: bool) -> None:
    path, network = saved(tmp_path)
    x = images()
    with torch.no_grad():
        features = network.forward_head(network.forward_features(x), pre_logits=True)
        whole = created(weights=path, fuse=fuse).eval()(x)
        pooled = created(weights=path, fuse=fuse, num_classes=0).eval()(x)
        other = created(weights=path, fuse=fuse, num_classes=7).eval()(x)
    assert apart(whole, network(x)) <= 1e-5
    assert apart(pooled, features) <= 1e-5
    assert other.shape == (2, 7)


def test_a_new_classifier_reads_the_features_of_the_checkpoint(tmp_path: Path) -> None:
    path, network = saved(tmp_path)
    other, x = created(weights=path, num_classes=7).eval(), images()
    assert apart(other.forward_features(x), network.forward_features(x)) == 0.0
    assert not other.head.linear.bias.any()


def test_a_checkpoint_with_the_other_classes_is_loaded_whole(tmp_path: Path) -> None:
    path, network = saved(tmp_path, num_classes=7)
    again, x = created(weights=path, num_classes=7).eval(), images()
    assert apart(again(x), network(x)) == 0.0


def test_a_removed_classifier_can_come_back() -> None:
    network = created(num_classes=0)
    assert (network.num_classes, network(images()).shape) == (0, (2, network.num_features))
    network.reset_classifier(3)
    assert network(images()).shape == (2, 3)


@pytest.mark.parametrize("name", ["densenet-imagenet", "u-net", "highway-10", "fractalnet-20"])
def test_other_channels_of_the_input(name: str) -> None:
    network: Any = archdsl.create_model(name, in_channels=5).eval()
    sizes = archdsl.load(name).words.input[1:]
    with torch.no_grad():
        assert len(network(torch.randn(1, 5, *sizes))) == 1
    with pytest.raises(ArchdslError):
        archdsl.create_model(name, in_channels=0)


def test_classes_of_networks_that_return_maps() -> None:
    network = archdsl.create_model("u-net", num_classes=4, width=[2, 4, 3, 6], deepest=5).eval()
    assert network(torch.randn(1, 3, 32, 32)).shape == (1, 4, 32, 32)


SPEC = """archdsl: 1
name: mine
input: [3, 8, 8]
stages:
  count: 1
  layers: 2
  unit: {kind: basic, order: pre, width: 4}
  connect: full
  aggregate: concat
head: [{pool: {to: 1}}, flatten, {dropout: 0.5}, {linear: {width: 5, bias: false}}]
"""


def test_a_spec_of_your_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(SPEC, encoding="utf-8")
    network: Any = archdsl.create_model(path, num_classes=2)
    assert (network.num_classes, network.head.linear.bias) == (2, None)
    assert archdsl.create_model(archdsl.load(path))(torch.randn(2, 3, 8, 8)).shape == (2, 5)
    fused = archdsl.create_model(path, num_classes=0, fuse=True)
    assert fused(torch.randn(2, 3, 8, 8)).shape == (2, 11)
    headless = SPEC.partition("head:")[0]
    path.write_text(headless, encoding="utf-8")
    for count in (0, 3):
        with pytest.raises(ArchdslError, match="does not end with a `linear` layer"):
            archdsl.create_model(path, num_classes=count)


def test_feature_maps() -> None:
    reader: Any = created(features_only=True, out_indices=[1, 4])
    assert reader.reduction() == [4, 32]
    assert [maps.shape[2] for maps in reader(images())] == [16, 2]
    assert isinstance(reader, nn.Module)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"num_classes": -1}, "A414"),
        ({"fuse": True, "features_only": True}, "A414"),
        ({"fuse": "tpu"}, "A414"),
        ({"grwth": 3}, "A114"),
    ],
)
def test_arguments_that_are_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(ArchdslError) as raised:
        created(**options)
    assert raised.value.diagnostics[0].code == code


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(ArchdslError) as raised:
        archdsl.create_model("densnet-121")
    assert "did you mean `densenet-121`" in (raised.value.diagnostics[0].help or "")


def test_a_checkpoint_of_torchvision(tmp_path: Path, torchvision: ModuleType) -> None:
    theirs = torchvision.models.DenseNet(4, (2, 3, 3, 2), 8)
    randomise(theirs)
    torch.save(theirs.state_dict(), tmp_path / "theirs.pth")
    ours, x = created(weights=tmp_path / "theirs.pth").eval(), images()
    assert apart(ours(x), theirs.eval()(x)) <= 1e-5
    assert created(weights=tmp_path / "theirs.pth", num_classes=3).eval()(x).shape == (2, 3)
