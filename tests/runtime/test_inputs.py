"""What a fused network computes, and what it refuses as soon as it is asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.fx.experimental.proxy_tensor import make_fx

from archdsl.api import check, check_text, load
from cli.commands import SPECS
from runtime.fused import SMALL, assert_close, built, fused, ordinary, run

DEVICES = ["cpu", "cuda"]
POINTWISE = """
archdsl: 1
name: patches
input: [3, 16, 16]
stem: [{conv: {width: 8, kernel: 1}}]
stages:
  count: 1
  layers: 3
  unit: {kind: basic, order: pre, width: 8}
  connect: full
  aggregate: concat
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 10}}]
"""
GREY = """
archdsl: 1
name: digits
input: [1, 28, 28]
stem: [{conv: {width: 16}}, norm, relu]
stages:
  count: 1
  layers: 3
  unit: {kind: basic, order: pre, width: 16}
  connect: full
  aggregate: sum
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 10}}]
"""
NARROW = """
archdsl: 1
name: narrow
input: [1, 8, 8]
stem: [{pool: {kind: max, kernel: 3, stride: 1, padding: 1}}]
stages:
  count: 2
  layers: 3
  unit: {kind: dense-bottleneck, order: pre, width: 1, inner: 1}
  connect: exponential
  aggregate: concat
between: {kind: transition, width: 1}
head: [norm, relu, {pool: {to: 1}}, flatten]
"""


class Labelled(Tensor):
    """A tensor of another class."""


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "four channels": (lambda: torch.randn(2, 4, 16, 16), r"\(N, 3, H, W\), not \(2, 4, 16, 16\)"),
    "one grey image": (lambda: torch.randn(8, 1, 16, 16)[:1], r"not \(1, 1, 16, 16\)"),
    "no batch": (lambda: torch.randn(3, 16, 16), r"not \(3, 16, 16\)"),
    "a clip": (lambda: torch.randn(1, 3, 2, 16, 16), r"not \(1, 3, 2, 16, 16\)"),
    "no pixels": (lambda: torch.randn(1, 3, 0, 16), "has no pixels"),
    "float64": (lambda: torch.randn(1, 3, 16, 16).double(), "torch.float32 on cpu, not .*float64"),
    "bytes": (lambda: torch.ones(1, 3, 16, 16, dtype=torch.uint8), "not torch.uint8"),
    "no memory": (lambda: torch.empty(1, 3, 16, 16, device="meta"), r"plain tensors|meta"),
    "a sparse image": (lambda: torch.ones(1, 3, 16, 16).to_sparse(), "plain tensors"),
    "a tensor of another class": (lambda: torch.ones(1, 3, 16, 16).as_subclass(Labelled), "plain"),
    "an array": (lambda: torch.ones(1, 3, 16, 16).numpy(), "plain tensors"),
    "gradients": (lambda: torch.ones(1, 3, 16, 16, requires_grad=True), "no gradients"),
    "a parameter": (lambda: nn.Parameter(torch.ones(1, 3, 16, 16)), "no gradients"),
}  # fmt: skip


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses(name: str, device: str) -> None:
    fast = fused(built(check_text(POINTWISE)), device)
    make, said = REFUSED[name]
    for _ in range(2):  # also once inputs of the right shape were run
        with pytest.raises(RuntimeError, match=said):
            fast(make())
        run(fast, torch.randn(1, 3, 16, 16))
    with torch.no_grad():
        assert fast(torch.ones(1, 3, 16, 16, requires_grad=True)).shape == (1, 10)


def test_it_refuses_autocast(network: Any, x: Tensor) -> None:
    fast = fused(network)
    with torch.autocast("cpu", torch.bfloat16), pytest.raises(RuntimeError, match="autocast is on"):
        run(fast, x)


@pytest.mark.parametrize("device", DEVICES)
def test_an_image_does_not_depend_on_others_of_its_batch(device: str) -> None:
    network: Any = type(built(check_text(POINTWISE)))(in_channels=1).eval()
    batch = torch.randn(8, 1, 16, 16)
    fast, wanted = fused(network, device), run(network, batch[:1].clone())
    first = run(fast, batch[:1])
    assert torch.allclose(first, wanted, rtol=1e-4, atol=1e-5)
    batch[1:] = 0
    assert torch.equal(run(fast, batch[:1]), first)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_images_of_one_channel(channels: int, device: str) -> None:
    """torch calls their maps contiguous in either memory format, whatever the strides."""
    network = built(check_text(GREY.replace("[1, 28", f"[{channels}, 28")))
    ordinary(network)
    for x in (torch.randn(2, channels, 28, 28), torch.randn(2, channels, 28, 56)[..., ::2]):
        assert_close(network, fused(network, device), x)


@pytest.mark.parametrize("device", DEVICES)
def test_maps_of_one_channel_within_a_network(device: str) -> None:
    """Also maps that are one pixel wide, high, or both, through every kind of layer."""
    network = built(check_text(NARROW))
    ordinary(network)
    for sides in ((8, 8), (2, 2), (2, 16), (16, 2)):
        for count in (1, 3):
            x = torch.randn(count, 1, *sides)
            assert_close(network, fused(network, device), x, least=1)


LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "channels last": lambda x: x.contiguous(memory_format=torch.channels_last),
    "a slice": lambda x: x.repeat(1, 1, 1, 2)[..., : x.shape[3]],
    "every second": lambda x: x.repeat_interleave(2, 3)[..., ::2],
    "channels of a larger tensor": lambda x: torch.cat([x, x], 1)[:, : x.shape[1]],
    "images of a larger tensor": lambda x: torch.cat([x, x])[: len(x)],
    "turned twice": lambda x: x.transpose(2, 3).contiguous().transpose(2, 3),
    "negated by a view": lambda x: torch.complex(x, -x).conj().imag,
}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", LAYOUTS)
def test_inputs_of_any_layout(name: str, device: str, network: Any, x: Tensor) -> None:
    fast = fused(network, device)
    before = run(fast, x)
    same = LAYOUTS[name](x)
    assert torch.equal(same, x)
    assert torch.equal(run(fast, same), before)
    one = x[:1].expand(2, -1, -1, -1)
    assert torch.equal(run(fast, one), run(fast, one.clone()))


@pytest.mark.parametrize("device", DEVICES)
def test_empty_batches(device: str, network: Any) -> None:
    result = run(fused(network, device), torch.randn(0, 3, 32, 32))
    assert result.shape == run(network, torch.randn(0, 3, 32, 32)).shape == (0, 100)


@pytest.mark.parametrize("size", [1, 3, 8])
def test_batches_of_any_size_in_turn(size: int) -> None:
    network = built(check(load(SPECS / "sparsenet-bc-cifar.yaml", SMALL)))
    ordinary(network)
    fast = fused(network)
    for count in (size, 1, size):
        assert_close(network, fast, torch.randn(count, 3, 32, 32))
        assert_close(network, fast, torch.randn(count, 3, 40, 24))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("aggregate", ["concat", "sum", "mean"])
@pytest.mark.parametrize("connect", ["full", "exponential", "plain"])
def test_maps_that_shrink_within_a_stage(connect: str, aggregate: str, device: str) -> None:
    """An even kernel without padding makes a map of 1 x 1 from one of 2 x 2: torch broadcasts it.

    At the spec's own size the maps agree; at another one the plain network broadcasts or refuses.
    """
    text = (
        "archdsl: 1\nname: net\ninput: [4, 4, 4]\nstages: {count: 1, layers: 3, "
        "unit: [{conv: {width: 4, kernel: 3}}, {pool: {to: 4}}], "
        f"connect: {connect}, aggregate: {aggregate}}}\n"
    )
    network = built(check_text(text))
    for side in (2, 4, 8):
        x = torch.randn(1, 4, side, side)
        try:
            wanted = run(network, x)
        except RuntimeError:
            with pytest.raises(RuntimeError):
                run(fused(network, device), x)
            continue
        try:
            found = run(fused(network, device), x)
        except RuntimeError:
            continue  # it may refuse more than the plain network does
        assert torch.allclose(found, wanted, rtol=1e-4, atol=1e-5)


func: Any = torch.func
trace: Any = torch.jit.trace
export: Any = torch.export.export
compiled: Any = partial(torch.compile, backend="eager")
TRANSFORMS: dict[str, Callable[[Any, Tensor], Any]] = {
    "vmap": lambda f, x: torch.vmap(lambda one: f(one[None])[0])(x),
    "grad": lambda f, x: func.grad(lambda one: f(one).sum())(x),
    "jvp": lambda f, x: func.jvp(f, (x,), (torch.ones_like(x),))[1],
    "functional_call": lambda f, x: func.functional_call(f, {}, (x,)),
    "symbolic_trace": lambda f, x: torch.fx.symbolic_trace(f)(x),
    "export": lambda f, x: export(f, (x,)).module()(x),
    "jit.trace": lambda f, x: trace(f, x, check_trace=False)(2 * x),
    "compile": lambda f, x: compiled(f)(x),
    "compile in full": lambda f, x: compiled(f, fullgraph=True)(x),
    "compile around": lambda f, x: compiled(lambda y: 2 * f(y + 1))(x),
    "make_fx": lambda f, x: make_fx(f)(x)(2 * x),
    "checkpoint": lambda f, x: torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False),
    "data parallel": lambda f, x: nn.DataParallel(f)(x),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_give_the_plain_result_or_an_error(name: str, device: str, x: Tensor) -> None:
    network: Any = built(check_text(POINTWISE))
    ordinary(network)
    x = x[:, :, :16, :16]
    apply = TRANSFORMS[name]
    torch.compiler.reset()  # or classes that were compiled often enough are no longer compiled
    for mode in (torch.no_grad, torch.enable_grad):
        fast = network.fuse(device)
        for _ in range(2):
            found = None
            with mode(), suppress(Exception):  # whatever torch makes of a refusal
                found = apply(fast, x)
            if found is not None:
                with mode():
                    assert torch.allclose(found, apply(network, x), rtol=1e-3, atol=1e-4)
            assert torch.allclose(run(fast, x), run(network, x), rtol=1e-3, atol=1e-4)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("device", DEVICES)
def test_tangents_are_refused(device: str, network: Any, x: Tensor) -> None:
    """A forward-mode derivative would be lost without a word."""
    forward: Any = torch.autograd.forward_ad
    with forward.dual_level(), torch.no_grad():
        dual = forward.make_dual(x, torch.ones_like(x))
        with pytest.raises(RuntimeError, match=r"no gradients|plain tensors"):
            fused(network, device)(dual)


CARRIED = """archdsl: 2
name: net
input: [3, 8, 8]
each: {aggregate: concat, carry: [{conv: incoming}], connect: {rule: full, scope: network}}
stages:
- {layers: 2, unit: [norm, {conv: 5}]}
- {layers: 2, unit: [norm, {conv: 5}]}
"""
ENLARGED = """archdsl: 2
name: net
input: [3, 8, 8]
stem: [{deconv: 4}, {conv: 5}]
stages: {count: 1, layers: 1, unit: [{conv: 4}], connect: plain, aggregate: sum}
"""


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("text", [CARRIED, ENLARGED], ids=["carried", "enlarged"])
def test_the_first_convolution_need_not_read_the_input(text: str, device: str) -> None:
    network = built(check_text(text))
    x = torch.randn(2, 3, 8, 8)
    assert torch.allclose(run(fused(network, device), x), run(network, x), atol=1e-5)


@pytest.mark.parametrize("device", DEVICES)
def test_the_channels_of_an_input_that_is_enlarged_are_free(device: str) -> None:
    network: Any = type(built(check_text(ENLARGED)))(in_channels=6).eval()
    x = torch.randn(2, 6, 8, 8)
    assert torch.allclose(run(fused(network, device), x), run(network, x), atol=1e-5)
