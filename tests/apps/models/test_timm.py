"""Networks of archdsl in timm's registry."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import torch

import archdsl
from archdsl.errors import ArchdslError
from archdsl.frontend.shipped import networks, specs


@pytest.fixture
def timm(torchvision: ModuleType) -> Any:
    library = pytest.importorskip("timm", reason="timm is not installed")
    archdsl.register_timm()
    return library


def test_all_names_are_known_and_none_of_timm_is_replaced(timm: Any) -> None:
    ours = {*networks(), *specs()}
    assert ours <= set(timm.list_models())
    assert set(timm.list_models(module="archdsl")) == ours
    assert all(timm.is_model(name) for name in ours)
    assert type(timm.create_model("densenet121")).__module__ == "timm.models.densenet"


def test_arguments_of_timm(timm: Any) -> None:
    network = timm.create_model("densenet-bc-100-12", num_classes=7, in_chans=1, depth=16)
    assert network(torch.randn(2, 1, 32, 32)).shape == (2, 7)
    reader = timm.create_model(
        "resnet-18", features_only=True, out_indices=(2, 4), output_stride=16
    )
    assert [maps.shape[2] for maps in reader(torch.randn(1, 3, 64, 64))] == [8, 4]
    assert reader.feature_info.channels() == [128, 512]
    assert reader.feature_info.reduction() == [8, 16]
    assert timm.create_model("resnet-20", num_classes=0)(torch.randn(2, 3, 32, 32)).shape == (2, 64)


def test_weights_that_there_are_not(timm: Any) -> None:
    with pytest.raises(ArchdslError, match="A414"):
        timm.create_model("resnet-20", pretrained=True)


def test_a_checkpoint_by_timm_itself(timm: Any, tmp_path: Any) -> None:
    network = timm.create_model("resnet-20").eval()
    torch.save(network.state_dict(), tmp_path / "net.pth")
    again = timm.create_model("resnet-20", checkpoint_path=str(tmp_path / "net.pth")).eval()
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(again(x), network(x))
