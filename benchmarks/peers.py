"""The networks that are measured, and everything that runs one: ours, others', and the floor."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

NETWORKS = {
    "densenet-121": ("densenet-imagenet", "densenet121"),
    "sparsenet-121": ("sparsenet-imagenet", None),
    "resnet-50": ("resnet-imagenet", "resnet50"),
}
"""The spec, and the name of the same network in torchvision and timm if they have it."""

LEAVES = (nn.Conv2d, nn.BatchNorm2d, nn.Linear)
Run = Callable[[], object]
Ready = Callable[[], Run]


def variants(name: str, network: Any, x: Tensor) -> Iterator[tuple[str, Ready]]:
    """Each variant, and what makes it ready: a call that gives the call that is measured.

    All have the weights of `network`, a file with `fuse` in evaluation, and the input `x`.
    """
    last = copy.deepcopy(network).to(memory_format=torch.channels_last)
    dense = x.contiguous(memory_format=torch.channels_last)
    yield "fused", lambda: bound(last.fuse(), dense)
    yield "eager", lambda: bound(network, x)
    yield "eager-channels-last", lambda: bound(last, dense)
    yield "convolutions", lambda: floor(last, dense)
    yield "compile", lambda: compiled(last, dense)
    if x.is_cuda:
        yield "compile-cuda-graphs", lambda: compiled(last, dense, mode="reduce-overhead")
        yield "compile-max-autotune", lambda: compiled(last, dense, mode="max-autotune")
        yield "eager-cuda-graph", lambda: captured(last, dense)
    else:
        yield "compile-freezing", lambda: compiled(last, dense, freezing=True)
        yield "onnxruntime", lambda: onnx(network, x)
    peer = NETWORKS[name][1]
    if peer:
        yield "torchvision", lambda: bound(same_weights(torchvision(peer), network, x), x)
        for variant, make in (("torchvision-channels-last", torchvision), ("timm", timm)):
            yield (
                variant,
                lambda make=make: bound(  # type: ignore[misc]
                    same_weights(make(peer), network, x).to(memory_format=torch.channels_last),
                    dense,
                ),
            )


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
    import torch._inductor.config as config

    torch._dynamo.reset()
    config.freezing = freezing
    made = torch.compile(copy.deepcopy(network), dynamic=False, mode=mode)
    made(x)
    config.freezing = False
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


def onnx(network: nn.Module, x: Tensor) -> Run:
    """The network in ONNX Runtime. `dynamo=False` refuses a pooling from 7x7 to 3x3."""
    import onnxruntime

    program = torch.onnx.export(copy.deepcopy(network), (x,), dynamo=True, verbose=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(
        program.model_proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    name, given = session.get_inputs()[0].name, x.numpy()
    return lambda: torch.from_numpy(session.run(None, {name: given})[0])


def torchvision(peer: str) -> nn.Module:
    if "torchvision" not in sys.modules:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for operator in ("nms", "qnms"):  # a build without them imports once they are declared
            library.define(f"{operator}(Tensor dets, Tensor scores, float threshold) -> Tensor")
        globals()["_declared"] = library
    import torchvision.models

    made: nn.Module = getattr(torchvision.models, peer)(weights=None)
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
