"""Bytes of activations: in training what torch keeps, in inference what a naive account says."""

from __future__ import annotations

import weakref
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn import functional

from analysis.networks import EVERY_KIND, network, stage
from analysis.running import run, state
from archdsl.analysis.memory import inference, training
from archdsl.analysis.shapes import trace
from archdsl.backends.pytorch.runtime.channel_layer_norm import ChannelLayerNorm
from archdsl.backends.pytorch.runtime.channel_rms_norm import ChannelRMSNorm
from archdsl.backends.pytorch.runtime.drop_unit import drop_unit
from archdsl.backends.pytorch.runtime.layer_scale import LayerScale
from archdsl.ir import ops
from archdsl.ir.graph import Graph
from archdsl.ir.layers.channel_norm import ChannelNorm
from archdsl.ir.layers.drop_unit import DropUnit
from archdsl.ir.layers.group_norm import GroupNorm
from archdsl.ir.layers.keep import Keep
from archdsl.ir.layers.layer import Kept
from archdsl.ir.layers.leaky import Leaky
from archdsl.ir.layers.prelu import Prelu
from archdsl.ir.layers.scale import Scale
from archdsl.ir.layers.shuffle import Shuffle
from archdsl.ir.layers.upsample import Upsample


class Packed:
    """A tensor that autograd keeps, for as long as it keeps it."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor.detach()  # a result that is kept would else keep itself


def kept_by_torch(forward: Callable[[], Tensor], apart: dict[str, Tensor]) -> int:
    """Bytes of storage that a result keeps for its backward pass, all but those of `apart`."""
    seen: weakref.WeakSet[Packed] = weakref.WeakSet()

    def pack(tensor: Tensor) -> Packed:
        packed = Packed(tensor)
        seen.add(packed)
        return packed

    with saved_tensors_hooks(pack, lambda packed: packed.tensor):
        result = forward()
    not_counted = {tensor.untyped_storage().data_ptr() for tensor in apart.values()}
    storages = {p.tensor.untyped_storage().data_ptr(): p.tensor.untyped_storage() for p in seen}
    found = sum(s.nbytes() for place, s in storages.items() if place not in not_counted)
    del result
    return found


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_training_is_what_torch_keeps(kind: str) -> None:
    graph = EVERY_KIND[kind]
    weights = state(graph)
    x = torch.rand(1, 3, 16, 16)
    found = kept_by_torch(lambda: run(graph, weights, x)[graph.output], weights)
    assert training(graph) == found


def test_training_by_hand() -> None:
    """conv keeps the image, norm the sum's two terms joined, relu what conv keeps anyway."""
    unit = "[{conv: {width: 8, kernel: 3}}, norm, relu]"
    graph = network(stages=stage(layers="1", unit=unit, aggregate="sum", exit="all"), head="")
    image, one = 4 * 3 * 256, 4 * 8 * 256
    stem, conv, relu, statistics = one, one, one, 2 * 4 * 8
    assert training(graph) == image + stem + conv + statistics + relu


DROPPED = ops.Dropout(0.5)


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (ops.Activation("relu"), functional.relu),
        (ops.Activation("gelu"), functional.gelu),
        (ops.Activation("silu"), functional.silu),
        *(
            (ops.Activation(function), compute)
            for function, compute in {
                "relu6": functional.relu6,
                "relu2": lambda x: torch.relu(x).square(),
                "sigmoid": torch.sigmoid,
                "tanh": torch.tanh,
                "mish": functional.mish,
                "hardsigmoid": functional.hardsigmoid,
                "hardswish": functional.hardswish,
            }.items()
        ),
        (Upsample(2), lambda x: functional.interpolate(x, scale_factor=2)),
        (
            Upsample(2, "linear"),
            lambda x: functional.interpolate(x, scale_factor=2, mode="bilinear"),
        ),
        (Shuffle(2), lambda x: functional.channel_shuffle(x, 2)),
        (Keep(1, 2), lambda x: x.narrow(1, 1, 2)),
        (DropUnit(0.5), lambda x: drop_unit(x, 0.5, True)),
        (Leaky(0.1), lambda x: functional.leaky_relu(x, 0.1)),
        (ops.Pool("max", 2, 2), lambda x: functional.max_pool2d(x, 2)),
        (ops.Pool("average", 2, 2), lambda x: functional.avg_pool2d(x, 2)),
        (ops.PoolTo("max", 1), lambda x: functional.adaptive_max_pool2d(x, 1)),
        (ops.PoolTo("average", 2), lambda x: functional.adaptive_avg_pool2d(x, 2)),
        (ops.PoolTo("average", 1), lambda x: functional.adaptive_avg_pool2d(x, 1)),
        (ops.Flatten(), lambda x: x.flatten(1)),
        (DROPPED, lambda x: torch.native_dropout(x, 0.5, True)[0]),
    ],
)
def test_what_single_layers_keep(layer: ops.Layer, function: Callable[[Tensor], Tensor]) -> None:
    x = torch.rand(1, 4, 6, 6, requires_grad=True)
    after = tuple(function(x).shape[1:])
    keeps = layer.kept((4, 6, 6), after)
    own = keeps.extra + 4 * 4 * 36 * (keeps.input + keeps.result)
    assert kept_by_torch(lambda: function(x), {}) == own
    assert kept_by_torch(lambda: function(x.detach()), {}) == 0
    assert not keeps.always


def test_a_dropout_on_a_cpu_keeps_its_mask_in_full() -> None:
    x = torch.rand(1, 4, 6, 6, requires_grad=True)
    found = kept_by_torch(lambda: functional.dropout(x, 0.5), {})
    assert found == 4 * DROPPED.kept((4, 6, 6), (4, 6, 6)).extra


def test_layers_with_weights_keep_their_input_whatever_comes_before() -> None:
    layers = (ops.Conv("conv", 4, 4, 3), ops.Linear("linear", 4, 4), ops.Norm("norm", 4))
    assert [layer.kept((4,), (4,)) for layer in layers] == [
        Kept(input=True, always=True),
        Kept(input=True, always=True),
        Kept(input=True, always=True, extra=2 * 4 * 4),
    ]


@pytest.mark.parametrize(("layer", "shape", "module"), [
    (ChannelNorm("norm", "layer", 4), (4, 6, 6), ChannelLayerNorm(4)),
    (ChannelNorm("norm", "layer", 4), (4, 1, 1), ChannelLayerNorm(4)),
    (ChannelNorm("norm", "layer", 4, flat=True), (4,), nn.LayerNorm(4)),
    (ChannelNorm("norm", "rms", 4), (4, 6, 6), ChannelRMSNorm(4)),
    (ChannelNorm("norm", "rms", 4, flat=True), (4,), nn.RMSNorm(4)),
    (Scale("scale", 4, 0.5), (4, 6, 6), LayerScale(4, 0.5)),
    (Prelu("prelu", 1, False), (4, 6, 6), nn.PReLU()),
    (Prelu("prelu", 4, True), (4, 6, 6), nn.PReLU(4)),
    (GroupNorm("norm", 4, 2), (4, 6, 6), nn.GroupNorm(2, 4)),
])  # fmt: skip
def test_what_layers_with_weights_keep(
    layer: ops.Layer, shape: tuple[int, ...], module: nn.Module
) -> None:
    x = torch.rand(1, *shape, requires_grad=True)
    keeps = layer.kept(shape, layer.after(shape))
    own = keeps.extra + 4 * x.numel() * (keeps.input + keeps.result)
    assert kept_by_torch(lambda: module(x), dict(module.named_parameters())) == own
    assert keeps.always
    alone = own if keeps.untracked is None else keeps.untracked.extra
    frozen = x.detach()
    assert kept_by_torch(lambda: module(frozen), dict(module.named_parameters())) == alone


def test_an_rms_norm_of_the_image_keeps_its_result_before_the_scale_alone() -> None:
    """The convolution after it keeps the scaled result, as it would keep the image."""
    plain = training(network(archdsl="2", stem="[{conv: {width: 8, kernel: 3}}]"))
    normed = training(network(archdsl="2", stem="[{norm: rms}, {conv: {width: 8, kernel: 3}}]"))
    assert normed - plain == 4 * 3 * 256


class Account:
    """Bytes that exist, and the most that ever did."""

    def __init__(self) -> None:
        self.live = self.peak = 0


class Fake:
    """A tensor of nothing but its size, entered and removed as Python makes and drops it."""

    def __init__(self, account: Account, shape: tuple[int, ...]) -> None:
        self.account, self.bytes = account, 4 * torch.Size(shape).numel()
        account.live += self.bytes
        account.peak = max(account.peak, account.live)

    def __del__(self) -> None:
        self.account.live -= self.bytes


def naive_peak(graph: Graph) -> int:
    """The peak of a run that holds each result until no later node names it."""
    account, values, nodes, known = Account(), dict[str, Fake](), list(graph), trace(graph)
    for index, node in enumerate(nodes):
        later = {name for reader in nodes[index + 1 :] for name in reader.inputs} | {graph.output}
        sources = [values[name] for name in node.inputs]
        values = {name: value for name, value in values.items() if name in later}
        if isinstance(node.op, ops.Chain):
            result = sources.pop()
            for layer, shape in zip(node.op.layers, known[node.name][1:], strict=True):
                if not isinstance(layer, ops.Dropout | ops.Flatten):
                    result = Fake(account, shape)
        else:
            result = Fake(account, known[node.name][-1])
        if node.name in later:
            values[node.name] = result
        del result, sources
    return account.peak


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_inference_is_what_a_naive_account_says(kind: str) -> None:
    assert inference(EVERY_KIND[kind]) == naive_peak(EVERY_KIND[kind])


def test_inference_by_hand() -> None:
    """Beside y_0, y_1, y_2 the last layer holds their join and its norm; the exit joins four."""
    graph = network(stages=stage(exit="all"), head="")
    place = 4 * 16 * 16
    assert inference(graph) == place * max(24 + 24 + 24, 32 + 32)
