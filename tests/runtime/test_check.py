"""What `fuse()` refuses: a network that is not what its plan was compiled for."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from archdsl.api import check, check_text, load
from cli.commands import SPECS
from runtime.fused import SMALL, assert_close, built, fused, ordinary, run

CONV = "stages.0.layers.1.conv1"


def first(network: Any) -> Any:
    return network.stages[0].layers[1]


def circular(network: Any) -> None:
    """Change the padding as tiling scripts do."""
    conv = network.stem.conv
    conv._conv_forward = types.MethodType(lambda self, x, weight, bias: x, conv)


def pruned(network: Any) -> None:
    cut: Any = prune.l1_unstructured
    cut(network.stem.conv, "weight", 0.5)


def unordered(network: Any) -> None:
    stage = network.stages[0]
    stage.reads = stage.reads[::-1]


def without_forward(network: Any) -> None:
    network.stem.forward = lambda x: x


def sparse(network: Any) -> None:
    linear = network.head.linear
    linear.weight = nn.Parameter(linear.weight.detach().to_sparse())


def classified(network: Any) -> None:
    """Replace the classifier, as transfer learning does."""
    network.head.linear = nn.Linear(network.head.linear.in_features, 7).eval()


def rewritten(network: Any) -> None:
    network.stem.conv.weight = nn.Parameter(torch.ones(48, 3, 3, 3))


def subclassed(network: Any) -> None:
    network.__class__ = type("Other", (type(network),), {"forward": lambda self, x: x})


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "training": (lambda n: n.train(), "in training mode"),
    "one norm in training mode": (lambda n: first(n).norm1.train(), "norm1 is in training mode"),
    "dropout in training mode": (
        lambda n: setattr(first(n), "training", True), "stages.0.layers.1 is in training mode"
    ),
    "a stage in training mode": (lambda n: n.stages[0].train(), "stages.0 is in training mode"),
    "a hook on the network": (lambda n: n.register_forward_hook(print), "network has a forward"),
    "a hook before the network": (lambda n: n.register_forward_pre_hook(print), "forward hook"),
    "a hook on a layer": (lambda n: first(n).conv1.register_forward_hook(print), CONV),
    "a hook with keywords": (
        lambda n: n.stem.register_forward_pre_hook(print, with_kwargs=True), "stem has a forward"
    ),
    "weight norm": (lambda n: nn.utils.parametrizations.weight_norm(n.stem.conv), "stem.conv"),
    "spectral norm": (lambda n: nn.utils.spectral_norm(n.head.linear), "head.linear"),
    "a pruned layer": (pruned, "stem.conv"),
    "another head": (lambda n: setattr(n, "head", nn.Identity()), "head"),
    "another stem": (lambda n: setattr(n, "stem", nn.Conv2d(3, 48, 3).eval()), "stem"),
    "another transition": (lambda n: n.between.__setitem__(0, nn.Identity()), "between.0"),
    "another stage": (lambda n: n.stages.__setitem__(1, nn.Identity()), "stages.1"),
    "another unit": (lambda n: n.stages[0].layers.__setitem__(1, nn.Identity()), "layers.1"),
    "another norm": (lambda n: setattr(first(n), "norm1", nn.InstanceNorm2d(72)), "norm1"),
    "a unit more": (lambda n: n.stages[0].layers.append(nn.Identity()), "added to the network"),
    "a unit less": (lambda n: n.stages[0].layers.pop(-1), "added to the network, removed"),
    "a module more": (lambda n: setattr(n, "auxiliary", nn.Linear(2, 2)), "auxiliary was added"),
    "a unit in another order": (unordered, "stages.0 has reads"),
    "another exit": (lambda n: setattr(n.stages[0], "exit", [1]), "stages.0 has exit"),
    "a subclass": (subclassed, "not for Other"),
    "a patched forward": (without_forward, "stem has another forward"),
    "a patched convolution": (circular, "stem.conv has another _conv_forward"),
    "eps": (lambda n: setattr(first(n).norm2, "eps", 0.5), "norm2 has eps = 0.5, not 1e-05"),
    "stride": (lambda n: setattr(n.stem.conv, "stride", (2, 2)), "stem.conv has stride"),
    "padding": (lambda n: setattr(n.stem.conv, "padding", (0, 0)), "stem.conv has padding"),
    "dilation": (lambda n: setattr(n.stem.conv, "dilation", (2, 2)), "stem.conv has dilation"),
    "groups": (lambda n: setattr(n.stem.conv, "groups", 3), "stem.conv has groups = 3"),
    "padding mode": (lambda n: setattr(n.stem.conv, "padding_mode", "circular"), "padding_mode"),
    "no statistics": (lambda n: setattr(first(n).norm1, "running_mean", None), "running_mean"),
    "no scale": (lambda n: setattr(first(n).norm1, "weight", None), "weight"),
    "a bias more": (lambda n: setattr(n.stem.conv, "bias", nn.Parameter(torch.ones(48))), "bias"),
    "no bias": (lambda n: setattr(n.head.linear, "bias", None), "head.linear has another bias"),
    "one layer in float64": (lambda n: n.head.double(), "the weights differ in dtype"),
    "float64": (lambda n: n.double(), "no fused steps for torch.float64 on cpu"),
    "no memory": (lambda n: n.to("meta"), "without numbers|running_mean|weight"),
    "a sparse weight": (sparse, "head.linear has a weight without numbers, or of another layout"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses(name: str, network: Any, x: Tensor) -> None:
    change, said = REFUSED[name]
    change(network)
    with pytest.raises(RuntimeError, match=said) as caught:
        network.fuse()
    assert type(caught.value).__name__ == "FusedError"


@contextmanager
def patched(cls: Any, name: str) -> Iterator[None]:
    kept = vars(cls)[name]
    setattr(cls, name, lambda self, x: x)
    try:
        yield
    finally:
        setattr(cls, name, kept)


@pytest.mark.parametrize("own", [True, False])
def test_it_refuses_classes_whose_forward_was_replaced(own: bool, network: Any) -> None:
    """Of the file and of torch, as some libraries do it for all modules."""
    cls: Any = type(network.stem) if own else nn.Conv2d
    refused = pytest.raises(RuntimeError, match=r"has another forward\(\)")
    with patched(cls, "forward"), refused:
        network.fuse()
    network.fuse()


def test_it_refuses_while_hooks_for_all_modules_are_registered(network: Any) -> None:
    handle = nn.modules.module.register_module_forward_hook(lambda *_: None)
    try:
        with pytest.raises(RuntimeError, match="a hook for all modules"):
            network.fuse()
    finally:
        handle.remove()
    network.fuse()


ACCEPTED: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda n: None,
    "a note": lambda n: setattr(n, "note", "trained on Tuesday"),
    "momentum": lambda n: setattr(first(n).norm1, "momentum", 0.3),
    "other weights": rewritten,
    "frozen weights": lambda n: n.requires_grad_(False),
    "another classifier": classified,
    "channels-last weights": lambda n: n.to(memory_format=torch.channels_last),
    "a hook on gradients": lambda n: n.register_full_backward_hook(lambda *_: None),
    "weights in shared memory": lambda n: n.share_memory(),
    "a compiled part": lambda n: n.stem.compile(),
}  # fmt: skip


@pytest.mark.parametrize("name", ACCEPTED)
def test_it_accepts(name: str, network: Any, x: Tensor) -> None:
    ACCEPTED[name](network)
    found, wanted = run(fused(network), x), run(network, x)
    assert torch.allclose(found, wanted, rtol=1e-3, atol=1e-3)


def test_it_accepts_weights_made_in_inference_mode(network: Any, x: Tensor) -> None:
    wanted = run(network, x)
    with torch.inference_mode():
        for module in network.modules():
            for name, weight in list(module._parameters.items()):
                if weight is not None:
                    module._parameters[name] = nn.Parameter(weight.clone(), requires_grad=False)
        fast = network.fuse()
    with torch.no_grad():
        assert torch.allclose(fast(x), wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_constructor_arguments_are_free(channels: int) -> None:
    made: Any = type(built(check(load(SPECS / "densenet-bc-cifar.yaml", SMALL))))
    network = made(num_classes=7, in_channels=channels).eval()
    ordinary(network)
    for device in ("cpu", "cuda"):
        assert_close(network, fused(network, device), torch.randn(2, channels, 32, 32))
        with pytest.raises(RuntimeError, match=rf"\(N, {channels}, H, W\)"):
            run(fused(network, device), torch.randn(2, 3, 32, 32))


def test_the_check_draws_no_random_numbers(network: Any) -> None:
    torch.manual_seed(0)
    wanted = torch.randn(3)
    torch.manual_seed(0)
    network.fuse()
    assert torch.equal(torch.randn(3), wanted)


def test_networks_of_vectors() -> None:
    """Layers that no step is known for are called as they are, on a copy of their weights."""
    network: Any = built(
        check_text(
            "archdsl: 1\nname: net\ninput: [3, 2, 1]\nstem: [flatten, {linear: {width: 6}}]\n"
            "stages: {count: 2, layers: 3, unit: [norm, relu, {linear: {width: 6}}], "
            "connect: plain, aggregate: sum}\n"
        )
    )
    fast, x = network.fuse(), torch.randn(4, 3, 2, 1)
    wanted = run(network, x)
    assert torch.allclose(run(fast, x), wanted, rtol=1e-4, atol=1e-5)
    for weight in network.parameters():
        weight.data.zero_()
    assert torch.allclose(run(fast, x), wanted, rtol=1e-4, atol=1e-5)
    with pytest.raises(RuntimeError):  # the plain network's own complaint
        run(fast, torch.randn(4, 3, 5, 1))
