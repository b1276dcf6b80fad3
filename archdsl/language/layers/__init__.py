"""The primitive layers that units, stems, transitions and heads are lists of.

Written as a word (`norm`), or a word and its numbers (`conv: {width: 64, kernel: 3}`). What a layer
is in a network, with shapes and costs, is in `archdsl/ir/layers/`; a layer that a user defines is a
subclass of `archdsl.Layer`.
"""

from __future__ import annotations

from archdsl.language.layers.activation import (
    ActivationWord,
    Gelu,
    Hardsigmoid,
    Hardswish,
    Leaky,
    Mish,
    Prelu,
    Relu,
    Relu2,
    Relu6,
    Sigmoid,
    Silu,
    Tanh,
)  # fmt: skip
from archdsl.language.layers.blocks import (
    LEVELS,
    NESTED,
    Block,
    Gate,
    Inner,
    Listed,
    Nest,
    Nested,
    Parallel,
    Residual,
)
from archdsl.language.layers.channels import Keep, Select, Shuffle
from archdsl.language.layers.conv import Conv
from archdsl.language.layers.deconv import Deconv
from archdsl.language.layers.drop_unit import DropUnit
from archdsl.language.layers.dropout import Dropout
from archdsl.language.layers.flatten import Flatten
from archdsl.language.layers.linear import Linear
from archdsl.language.layers.norm import Norm
from archdsl.language.layers.pool import Pool
from archdsl.language.layers.scale import Scale
from archdsl.language.layers.streams import AddStreams, Copies, ReadStreams
from archdsl.language.layers.upsample import Upsample
from archdsl.language.layers.words import LayerWords, Order

LAYERS: tuple[type[LayerWords], ...] = (
    Conv, Norm, Relu, Gelu, Silu, Dropout, Pool, Flatten, Linear,
    Relu6, Relu2, Leaky, Prelu, Sigmoid, Tanh, Hardsigmoid, Hardswish, Mish,
    Scale, DropUnit, Keep, Select, Shuffle, Deconv, Upsample, *NESTED,
)  # fmt: skip

__all__ = [
    "LAYERS",
    "LEVELS",
    "NESTED",
    "ActivationWord",
    "AddStreams",
    "Block",
    "Conv",
    "Copies",
    "Deconv",
    "DropUnit",
    "Dropout",
    "Flatten",
    "Gate",
    "Gelu",
    "Hardsigmoid",
    "Hardswish",
    "Inner",
    "Keep",
    "LayerWords",
    "Leaky",
    "Linear",
    "Listed",
    "Mish",
    "Nest",
    "Nested",
    "Norm",
    "Order",
    "Parallel",
    "Pool",
    "Prelu",
    "ReadStreams",
    "Relu",
    "Relu2",
    "Relu6",
    "Residual",
    "Scale",
    "Select",
    "Shuffle",
    "Sigmoid",
    "Silu",
    "Tanh",
    "Upsample",
]  # fmt: skip
