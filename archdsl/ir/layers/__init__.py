"""Layers, one file each. `layer.py` has the questions that a layer answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archdsl.ir.layers.activation import Activation
from archdsl.ir.layers.add_streams import AddStreams
from archdsl.ir.layers.block import Block
from archdsl.ir.layers.channel_norm import ChannelNorm
from archdsl.ir.layers.conv import Conv
from archdsl.ir.layers.copies import Copies
from archdsl.ir.layers.deconv import Deconv
from archdsl.ir.layers.drop_unit import DropUnit
from archdsl.ir.layers.dropout import Dropout
from archdsl.ir.layers.flatten import Flatten
from archdsl.ir.layers.group_norm import GroupNorm
from archdsl.ir.layers.keep import Keep
from archdsl.ir.layers.layer import Layer, Shape, Weighted
from archdsl.ir.layers.leaky import Leaky
from archdsl.ir.layers.linear import Linear
from archdsl.ir.layers.norm import Norm
from archdsl.ir.layers.normalisation import normalisation
from archdsl.ir.layers.own import Own
from archdsl.ir.layers.pad import Pad
from archdsl.ir.layers.pool import Pool
from archdsl.ir.layers.pool_to import PoolTo, pooling
from archdsl.ir.layers.prelu import Prelu
from archdsl.ir.layers.read_streams import ReadStreams
from archdsl.ir.layers.scale import Scale
from archdsl.ir.layers.select import Select
from archdsl.ir.layers.shuffle import Shuffle
from archdsl.ir.layers.upsample import Upsample
from archdsl.language import layer as user
from archdsl.language import layers as words

KINDS: tuple[type[Layer], ...] = (
    Conv, Norm, Activation, Dropout, Pool, PoolTo, Flatten, Linear, Pad, Own,
    ChannelNorm, GroupNorm, Leaky, Prelu, Scale, DropUnit, Keep, Select, Shuffle, Deconv,
    Upsample, Block, Copies, ReadStreams, AddStreams,
)  # fmt: skip

FROM_WORD: dict[type[words.LayerWords], Callable[[Any, str, Shape, int], Layer | None]] = {
    words.Conv: Conv.of,
    words.Norm: normalisation,  # one of several kinds, and so is pooling
    words.Pool: pooling,
    **{word: kind.of for kind in KINDS for word in kind.written},
}


def from_word(word: words.LayerWords, name: str, shape: Shape, stride: int) -> Layer | None:
    """The layer for a word of a spec; None if it stands for no layer, such as a dropout of 0.

    Args:
        word: the word with its numbers known.
        name: the layer's name, if it has weights.
        shape: shape of its input.
        stride: the stride for a word that states none itself.

    Raises:
        ArchdslError: A101, A103, A213, A215 or A226, without a place.
    """
    if isinstance(word, user.Layer):
        return Own.of(word, name, shape, stride)
    return FROM_WORD[type(word)](word, name, shape, stride)


__all__ = [
    "KINDS", "Activation", "Block", "Conv", "Dropout", "Flatten", "Layer", "Linear", "Norm", "Own",
    "Pad", "Pool", "PoolTo", "Weighted", "from_word",
]  # fmt: skip
