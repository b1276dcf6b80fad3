"""Layers as torch computes them, one file each, written independently of what is emitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from archdsl.ir.layers import (
    Activation,
    Block,
    Conv,
    Dropout,
    Flatten,
    Layer,
    Linear,
    Norm,
    Own,
    Pad,
    Pool,
    PoolTo,
    Weighted,
)
from archdsl.ir.layers.add_streams import AddStreams
from archdsl.ir.layers.channel_norm import ChannelNorm
from archdsl.ir.layers.copies import Copies
from archdsl.ir.layers.deconv import Deconv
from archdsl.ir.layers.drop_unit import DropUnit
from archdsl.ir.layers.group_norm import GroupNorm
from archdsl.ir.layers.keep import Keep
from archdsl.ir.layers.leaky import Leaky
from archdsl.ir.layers.prelu import Prelu
from archdsl.ir.layers.read_streams import ReadStreams
from archdsl.ir.layers.scale import Scale
from archdsl.ir.layers.select import Select
from archdsl.ir.layers.shuffle import Shuffle
from archdsl.ir.layers.upsample import Upsample
from archdsl.oracle.layers.activation import activation
from archdsl.oracle.layers.add_streams import add_streams
from archdsl.oracle.layers.block import block
from archdsl.oracle.layers.channel_norm import channel_norm
from archdsl.oracle.layers.conv import conv
from archdsl.oracle.layers.copies import copies
from archdsl.oracle.layers.deconv import deconv
from archdsl.oracle.layers.drop_unit import drop_unit
from archdsl.oracle.layers.dropout import dropout
from archdsl.oracle.layers.flatten import flatten
from archdsl.oracle.layers.group_norm import group_norm
from archdsl.oracle.layers.keep import keep
from archdsl.oracle.layers.leaky import leaky
from archdsl.oracle.layers.linear import linear
from archdsl.oracle.layers.norm import norm
from archdsl.oracle.layers.own import own
from archdsl.oracle.layers.pad import pad
from archdsl.oracle.layers.pool import pool
from archdsl.oracle.layers.pool_to import pool_to
from archdsl.oracle.layers.prelu import prelu
from archdsl.oracle.layers.read_streams import read_streams
from archdsl.oracle.layers.scale import scale
from archdsl.oracle.layers.select import select
from archdsl.oracle.layers.shuffle import shuffle
from archdsl.oracle.layers.upsample import upsample

Weights = Mapping[str, Tensor]
"""A layer's own weights and statistics, by the names within the layer: `weight`, `bias`, ..."""

COMPUTE: dict[type[Layer], Callable[[Any, Tensor, Weights, bool], Tensor]] = {
    Conv: conv,
    Block: block,
    Norm: norm,
    Activation: activation,
    Dropout: dropout,
    Pool: pool,
    PoolTo: pool_to,
    Flatten: flatten,
    Linear: linear,
    Pad: pad,
    Own: own,
    ChannelNorm: channel_norm,
    GroupNorm: group_norm,
    Leaky: leaky,
    Prelu: prelu,
    Scale: scale,
    DropUnit: drop_unit,
    Keep: keep,
    Select: select,
    Shuffle: shuffle,
    Deconv: deconv,
    Upsample: upsample,
    Copies: copies,
    ReadStreams: read_streams,
    AddStreams: add_streams,
}
"""The function that computes each kind of layer, and returns its output (N, features, *sizes).

Args:
    layer: the layer.
    x: its input, of shape (N, features, *sizes).
    own: the layer's weights and statistics, by their names within the layer; in training, the
        statistics are updated in place.
    training: whether batches are normalised by their own statistics and dropout drops.
"""


def compute(
    layer: Layer, scope: str, state: Mapping[str, Tensor], x: Tensor, training: bool
) -> Tensor:
    """Return the result of one layer.

    Args:
        layer: a layer of any kind in `COMPUTE`.
        scope: prefix of its weights in `state`, such as `stages.0.layers.2`.
        state: every tensor of the network by its name; running statistics are updated when
            training.
        x: the input, (N, features, ...).
        training: whether norms use the batch's statistics and dropout drops.

    Raises:
        KeyError: if `state` lacks a tensor of the layer.
    """
    mine: dict[str, Tensor] = {}
    if isinstance(layer, Weighted):
        mine = {key: state[f"{scope}.{layer.name}.{key}"] for key in layer.state()}
    return COMPUTE[type(layer)](layer, x, mine, training)
