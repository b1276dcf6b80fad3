"""Every layer in training, by torch's own functions: autograd keeps what it keeps of a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from archdsl.ir import ops
from archdsl.ir.layers.channel_norm import ChannelNorm
from archdsl.ir.layers.deconv import Deconv
from archdsl.ir.layers.drop_unit import DropUnit
from archdsl.ir.layers.group_norm import GroupNorm
from archdsl.ir.layers.keep import Keep
from archdsl.ir.layers.leaky import Leaky
from archdsl.ir.layers.prelu import Prelu
from archdsl.ir.layers.scale import Scale
from archdsl.ir.layers.select import Select
from archdsl.ir.layers.shuffle import Shuffle
from archdsl.ir.layers.upsample import Upsample
from archdsl.oracle import layers as oracle

State = Mapping[str, Tensor]
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "relu6": functional.relu6,
    "relu2": lambda x: functional.relu(x).square(),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "hardsigmoid": functional.hardsigmoid,
    "hardswish": functional.hardswish,
    "mish": functional.mish,
}


def compute(layer: ops.Layer, scope: str, state: State, x: Tensor) -> Tensor:
    """The result of a layer, whose weights are in `state` under `scope`."""
    own = {}
    if isinstance(layer, ops.Weighted):
        own = {key: state[f"{scope}.{layer.name}.{key}"] for key in layer.state()}
    if type(layer) not in COMPUTE:  # such as blocks, as the oracle runs them
        return oracle.COMPUTE[type(layer)](layer, x, own, True)
    return COMPUTE[type(layer)](layer, own, x)


def conv(layer: ops.Conv, own: State, x: Tensor) -> Tensor:
    function = getattr(functional, f"conv{x.dim() - 2}d")
    result: Tensor = function(
        x, own["weight"], own.get("bias"), layer.stride, layer.padding, layer.dilation, layer.groups
    )
    return result


def deconv(layer: Deconv, own: State, x: Tensor) -> Tensor:
    function = getattr(functional, f"conv_transpose{x.dim() - 2}d")
    result: Tensor = function(
        x, own["weight"], own.get("bias"), layer.stride, layer.padding, layer.output_padding,
        layer.groups, layer.dilation,
    )  # fmt: skip
    return result


def upsample(layer: Upsample, own: State, x: Tensor) -> Tensor:
    modes = {"nearest": "nearest", "linear": ("linear", "bilinear", "trilinear")[x.dim() - 3]}
    return functional.interpolate(x, scale_factor=float(layer.by), mode=modes[layer.kind])


def linear(layer: ops.Linear, own: State, x: Tensor) -> Tensor:
    return functional.linear(x, own["weight"], own.get("bias"))


def batch_norm(layer: ops.Norm, own: State, x: Tensor) -> Tensor:
    weight, bias, mean, variance = (
        own[key] for key in ("weight", "bias", "running_mean", "running_var")
    )
    return torch.native_batch_norm(x, weight, bias, mean, variance, True, 0.1, layer.eps)[0]


def channel_norm(layer: ChannelNorm, own: State, x: Tensor) -> Tensor:
    """Of features, which are the last dimension already, or of the channels of each pixel."""
    moved, weight = x if x.dim() == 2 else x.movedim(1, -1), own["weight"]
    if layer.kind == "rms":
        normal = functional.rms_norm(moved, weight.shape, weight, layer.eps)
    else:
        normal = functional.layer_norm(moved, weight.shape, weight, own["bias"], layer.eps)
    return normal if x.dim() == 2 else normal.movedim(-1, 1)


def group_norm(layer: GroupNorm, own: State, x: Tensor) -> Tensor:
    return functional.group_norm(x, layer.groups, own["weight"], own["bias"], layer.eps)


def scale(layer: Scale, own: State, x: Tensor) -> Tensor:
    return x * own["weight"].view(-1, *[1] * (x.dim() - 2))


def drop_unit(layer: DropUnit, own: State, x: Tensor) -> Tensor:
    """Samples, not elements, are dropped: the mask has one number for each."""
    mask = functional.dropout(x.new_ones(len(x), *[1] * (x.dim() - 1)), layer.drop)
    return x * mask


def pool(layer: ops.Pool, own: State, x: Tensor) -> Tensor:
    kind = "max" if layer.kind == "max" else "avg"
    function = getattr(functional, f"{kind}_pool{x.dim() - 2}d")
    result: Tensor = function(x, layer.kernel, layer.stride, layer.padding, ceil_mode=layer.ceil)
    return result


def pool_to(layer: ops.PoolTo, own: State, x: Tensor) -> Tensor:
    kind = "max" if layer.kind == "max" else "avg"
    result: Tensor = getattr(functional, f"adaptive_{kind}_pool{x.dim() - 2}d")(x, layer.side)
    return result


def pad(layer: ops.Pad, own: State, x: Tensor) -> Tensor:
    zeros = [0] * (2 * x.dim() - 3)
    sampled = (slice(None), slice(None), *[slice(None, None, layer.stride)] * (x.dim() - 2))
    return functional.pad(x[sampled], (*zeros, layer.width - x.shape[1]))


COMPUTE: dict[type[ops.Layer], Callable[[Any, State, Tensor], Tensor]] = {
    ops.Conv: conv,
    ops.Linear: linear,
    ops.Norm: batch_norm,
    ops.Activation: lambda layer, own, x: FUNCTIONS[layer.function](x),
    ops.Dropout: lambda layer, own, x: torch.native_dropout(x, layer.p, True)[0],
    ops.Pool: pool,
    ops.PoolTo: pool_to,
    ops.Flatten: lambda layer, own, x: x.flatten(1),
    ops.Pad: pad,
    ChannelNorm: channel_norm,
    GroupNorm: group_norm,
    Leaky: lambda layer, own, x: functional.leaky_relu(x, layer.slope),
    Prelu: lambda layer, own, x: functional.prelu(x, own["weight"]),
    Scale: scale,
    DropUnit: drop_unit,
    Keep: lambda layer, own, x: x.narrow(1, layer.start, layer.width),
    Select: lambda layer, own, x: x.index_select(1, own["index"]),
    Deconv: deconv,
    Upsample: upsample,
    Shuffle: lambda layer, own, x: functional.channel_shuffle(x, layer.groups),
}
