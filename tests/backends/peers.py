"""Networks of other libraries that are ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from archdsl.api import Checked, check, load
from archdsl.apps.weights.conversion import convert

SPECS = Path(__file__).parent.parent.parent / "specs"


@dataclass(frozen=True)
class Peer:
    """A network of another library.

    Attributes:
        library: The module that has it.
        spec: The name of our spec, without its ending.
        source: Whose names its weights have, for `archdsl weights`.
        settings: The settings of our spec.
        make: Build the other network, from the library.
        mirrored: Whether their network is ours for images that are mirrored along both sides.
    """

    library: str
    spec: str
    source: str
    make: Callable[[ModuleType], nn.Module]
    settings: Mapping[str, Any] = field(default_factory=dict)
    mirrored: bool = False

    def ours(self) -> Checked:
        """Our network."""
        return check(load(SPECS / f"{self.spec}.yaml", self.settings)).require()

    def weights(self, theirs: nn.Module) -> dict[str, Tensor]:
        """Return a state dict for our network, with the weights of theirs."""
        converted = convert(self.ours().graph, theirs.state_dict(), self.source)
        converted.report.require()
        return converted.state

    def seen(self, maps: Tensor) -> Tensor:
        """Images or maps as the other network has them."""
        return maps.flip(2, 3) if self.mirrored and maps.dim() == 4 else maps


def torchvision(name: str, spec: str, **settings: Any) -> Peer:
    """A network of torchvision."""
    return Peer(
        "torchvision",
        spec,
        "torchvision",
        lambda library: getattr(library.models, name)(),
        settings,
    )


def timm(name: str, spec: str, **settings: Any) -> Peer:
    """A network of timm."""
    return Peer("timm", spec, "timm", lambda library: library.create_model(name), settings)


def vovnet39(library: ModuleType) -> nn.Module:
    """timm's VoVNet-39 with the shortcuts of the paper's authors, which timm's own goes without."""
    vovnet = library.models.vovnet
    network: nn.Module = vovnet.VovNet({**vovnet.model_cfgs["vovnet39a"], "residual": True})
    return network


def dual_path(name: str) -> Callable[[ModuleType], nn.Module]:
    """timm's dual path network with our small constant in norms and a last ReLU, not an ELU."""

    def make(library: ModuleType) -> nn.Module:
        network: nn.Module = library.create_model(name, fc_act_layer="relu")
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eps = 1e-5
        return network

    return make


def googlenet(library: ModuleType) -> nn.Module:
    """torchvision's GoogLeNet without the auxiliary classifiers."""
    network: nn.Module = library.models.googlenet(aux_logits=False, init_weights=False)
    return network


def hardnet(depth: int, spec: str, **settings: Any) -> Peer:
    """A network of HarDNet's authors: github.com/PingoLH/Pytorch-HarDNet has `hardnet.py`."""
    separable = "ds" in spec

    def make(library: ModuleType) -> nn.Module:
        network: nn.Module = library.HarDNet(separable, depth, pretrained=False)
        return network

    return Peer("hardnet", spec, "hardnet", make, settings)


def fc_densenet(library: ModuleType) -> nn.Module:
    """FC-DenseNet103 of github.com/bfortuner/pytorch_tiramisu without its last softmax."""
    network: nn.Module = library.FCDenseNet103(12)
    network.softmax = nn.Identity()
    return network


HARDNET_85_SETTINGS: dict[str, Any] = {
    "layers": [8, 16, 16, 16, 16, 4],
    "growth": [24, 24, 28, 36, 48, 256],
    "width": [192, 256, 320, 480, 720, 1280],
    "down": [2, 1, 2, 1, 2, 1],
    "stem": 48,
    "drop_before": 0.1,
    "dropout": 0.2,
}

PEERS: dict[str, Peer] = {
    "resnext50_32x4d": torchvision("resnext50_32x4d", "resnext-imagenet"),
    "mobilenet_v2": torchvision("mobilenet_v2", "mobilenet-v2-imagenet"),
    "regnet_x_400mf": torchvision("regnet_x_400mf", "regnet-x-imagenet"),
    "regnet_y_400mf": torchvision("regnet_y_400mf", "regnet-y-imagenet"),
    "convnext_tiny": torchvision("convnext_tiny", "convnext-imagenet"),
    "efficientnet_b0": torchvision("efficientnet_b0", "efficientnet-imagenet"),
    "shufflenet_v2_x1_0": torchvision("shufflenet_v2_x1_0", "shufflenet-v2-imagenet"),
    "googlenet": Peer("torchvision", "googlenet-imagenet", "torchvision", googlenet),
    "seresnet50": timm("seresnet50", "se-resnet-imagenet"),
    "vovnet39": Peer("timm", "vovnet-imagenet", "timm", vovnet39),
    "dpn92": Peer("timm", "dpn-imagenet", "timm", dual_path("dpn92")),
    "ese_vovnet39b": timm("ese_vovnet39b", "ese-vovnet-imagenet"),
    "rdnet_tiny": timm("rdnet_tiny", "rdnet-imagenet"),
    "hardnet68": hardnet(68, "hardnet-imagenet"),
    "hardnet85": hardnet(85, "hardnet-imagenet", **HARDNET_85_SETTINGS),
    "hardnet39ds": hardnet(39, "hardnet-ds-imagenet"),
    "hardnet68ds": hardnet(68, "hardnet-68ds-imagenet"),
    "fc_densenet103": Peer(
        "models.tiramisu", "fc-densenet-camvid", "tiramisu", fc_densenet, mirrored=True
    ),
}
