"""The networks that are measured, and everything that runs one: ours, others', and the floor."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import exported
import torch
from torch import Tensor, nn

import archdsl

ROOT = Path(__file__).resolve().parent.parent

NETWORKS = {
    "densenet-121": ("densenet-imagenet", "densenet121"),
    "sparsenet-121": ("sparsenet-imagenet", None),
    "resnet-50": ("resnet-imagenet", "resnet50"),
}
"""The spec, and the name of the same network in torchvision and timm if they have it."""

LEAVES = (nn.Conv2d, nn.BatchNorm2d, nn.Linear)
Run = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """What every variant is made of: `network` is a file with `fuse` in evaluation, `x` its input.

    Converted files are written to `folder`.
    """

    name: str
    network: Any
    x: Tensor
    folder: Path

    @cached_property
    def last(self) -> Any:
        """The network in channels-last order."""
        return copy.deepcopy(self.network).to(memory_format=torch.channels_last)

    @cached_property
    def dense(self) -> Tensor:
        """The input in channels-last order."""
        return self.x.contiguous(memory_format=torch.channels_last)

    def peer(self, make: Callable[[str], nn.Module]) -> nn.Module:
        """The same network of another library, with the same weights."""
        return same_weights(make(str(NETWORKS[self.name][1])), self.network, self.x)

    def peer_last(self, make: Callable[[str], nn.Module]) -> nn.Module:
        return self.peer(make).to(memory_format=torch.channels_last)

    def file(self, kind: str, suffix: str) -> Path:
        """An exported file: of our simplified network, our plain one, or torchvision's."""
        path = self.folder / f"{self.name}-{kind}.{suffix}"
        if kind == "ours":
            return exported.ours(spec(self.name), self.network, path)
        return exported.plain(self.network if kind == "plain" else self.peer(torchvision), path)


Variant = Callable[[Case], Run]

EVERYWHERE: dict[str, Variant] = {
    "fused": lambda case: bound(case.last.fuse(), case.dense),
    "eager": lambda case: bound(case.network, case.x),
    "eager-channels-last": lambda case: bound(case.last, case.dense),
    "convolutions": lambda case: floor(case.last, case.dense),
    "compile": lambda case: compiled(case.last, case.dense),
}
ON_CPU: dict[str, Variant] = {
    "compile-freezing": lambda case: compiled(case.last, case.dense, freezing=True),
    "compile-max-autotune": lambda case: compiled(
        case.last, case.dense, mode="max-autotune", freezing=True
    ),
    "aot-inductor": lambda case: exported.aot_inductor(case.last, case.dense),
    "executorch": lambda case: exported.executorch(
        case.network, case.folder / f"{case.name}-{len(case.x)}.pte", case.x
    ),
    "ncnn": lambda case: exported.ncnn(
        case.network, case.folder / case.name.replace("-", "_"), case.x
    ),
    **{
        f"{kind}-onnxruntime": lambda case, kind=kind: exported.onnxruntime(  # type: ignore[misc]
            case.file(kind, "onnx"), case.x
        )
        for kind in ("ours", "plain")
    },
    "ours-onnxruntime-int8": lambda case: exported.onnxruntime(
        exported.quantised(case.file("ours", "onnx")), case.x
    ),
    **{
        f"{kind}-openvino": lambda case, kind=kind: exported.openvino(  # type: ignore[misc]
            case.file(kind, "xml"), case.x
        )
        for kind in ("ours", "plain")
    },
}
ON_CUDA: dict[str, Variant] = {
    "compile-cuda-graphs": lambda case: compiled(case.last, case.dense, mode="reduce-overhead"),
    "compile-max-autotune": lambda case: compiled(case.last, case.dense, mode="max-autotune"),
    "eager-cuda-graph": lambda case: captured(case.last, case.dense),
}
OF_OTHERS: dict[str, Variant] = {
    "torchvision": lambda case: bound(case.peer(torchvision), case.x),
    "torchvision-channels-last": lambda case: bound(case.peer_last(torchvision), case.dense),
    "timm": lambda case: bound(case.peer_last(timm), case.dense),
}
CONVERTED: dict[str, Variant] = {
    "torchvision-onnxruntime": lambda case: exported.onnxruntime(
        case.file("torchvision", "onnx"), case.x
    ),
    "torchvision-openvino": lambda case: exported.openvino(case.file("torchvision", "xml"), case.x),
}


def variants(name: str, device: str) -> dict[str, Variant]:
    """What runs a network on a device, by name; each is made ready by a call with a case."""
    cpu = device == "cpu"
    own = EVERYWHERE | (ON_CPU if cpu else ON_CUDA)
    if NETWORKS[name][1] is None:
        return own
    return own | OF_OTHERS | (CONVERTED if cpu else {})


def spec(name: str) -> Any:
    return archdsl.load(ROOT / "specs" / f"{NETWORKS[name][0]}.yaml")


def built(name: str, device: str = "cpu", dtype: torch.dtype = torch.float32) -> Any:
    """A network of ours with `fuse`, in evaluation; the same weights in every process."""
    torch.manual_seed(0)
    network = archdsl.build(spec(name), fuse=True).eval()
    randomise(network)
    return network.to(device, dtype)


def images(batch: int) -> Tensor:
    """The input, the same in every process."""
    return torch.randn(batch, *exported.SHAPE, generator=torch.Generator().manual_seed(batch))


def randomise(network: nn.Module) -> None:
    """Statistics as training leaves them: zeros would run faster."""
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 1, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.normal_(0, 0.5, generator=generator)


def bound(network: Any, x: Tensor) -> Run:
    return lambda: network(x)


def floor(network: nn.Module, x: Tensor) -> Run:
    """Every convolution on a ready channels_last input."""
    convs = [
        (module, given.contiguous(memory_format=torch.channels_last))
        for module, given, _ in leaves(network, x)
        if isinstance(module, nn.Conv2d)
    ]
    return lambda: [module(given) for module, given in convs]


def compiled(
    network: nn.Module, x: Tensor, *, mode: str = "default", freezing: bool = False
) -> Run:
    """A network of `torch.compile`; what was compiled before it stays."""
    import torch._inductor.config as config

    made = torch.compile(copy.deepcopy(network), dynamic=False, mode=mode)
    with config.patch(freezing=freezing):
        made(x)
    return bound(made, x)


def captured(network: nn.Module, x: Tensor) -> Run:
    """The plain path as one CUDA graph."""
    for _ in range(3):
        network(x)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        made = network(x)

    def replay() -> Tensor:
        graph.replay()
        return made

    return replay


def torchvision(peer: str, **settings: object) -> nn.Module:
    if "torchvision" not in sys.modules:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for operator in ("nms", "qnms"):  # a build without them imports once they are declared
            library.define(f"{operator}(Tensor dets, Tensor scores, float threshold) -> Tensor")
        globals()["_declared"] = library
    import torchvision.models

    made: nn.Module = getattr(torchvision.models, peer)(weights=None, **settings)
    return made


def timm(peer: str) -> nn.Module:
    if "torchvision" not in sys.modules:
        torchvision("resnet18")
    import timm.models

    made: nn.Module = timm.create_model(peer, pretrained=False)
    return made


def same_weights(other: nn.Module, network: nn.Module, x: Tensor) -> nn.Module:
    """Give another implementation our weights, layer by layer.

    In the order in which the layers run, or, where a projection runs at another time, in the order
    in which they are made. Whether that was right shows in the outputs, which are compared.

    Raises: RuntimeError if the layers differ.
    """
    other = other.to(x.device, x.dtype).eval()
    run = [[module for module, _, _ in leaves(net, x)] for net in (other, network)]
    made = [[m for m in net.modules() if isinstance(m, LEAVES)] for net in (other, network)]
    alike = all(map(same_shapes, *run))
    for theirs, ours in zip(*(run if alike else made), strict=True):
        theirs.load_state_dict(ours.state_dict(), strict=True)
    return other


def same_shapes(one: nn.Module, other: nn.Module) -> bool:
    states = [{k: v.shape for k, v in module.state_dict().items()} for module in (one, other)]
    return states[0] == states[1]


def leaves(network: nn.Module, x: Tensor) -> list[tuple[nn.Module, Tensor, Tensor]]:
    """Layers with weights in the order in which they run, each with its input and output."""
    found: list[tuple[nn.Module, Tensor, Tensor]] = []
    hooks = [
        module.register_forward_hook(lambda m, given, made: found.append((m, given[0], made)))
        for module in network.modules()
        if isinstance(module, LEAVES)
    ]
    with torch.no_grad():
        network(x)
    for hook in hooks:
        hook.remove()
    return found


def moved(network: nn.Module, x: Tensor) -> int:
    """Bytes that convolutions read and write, if everything else is done within them: the roof."""
    return sum(
        part.numel() * part.element_size()
        for module, given, made in leaves(network, x)
        if isinstance(module, nn.Conv2d)
        for part in (given, made, module.weight)
    )
