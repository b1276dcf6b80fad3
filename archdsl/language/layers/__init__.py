"""The primitive layers that units, stems, transitions and heads are lists of.

Written as a word (`norm`), or a word and its numbers (`conv: {width: 64, kernel: 3}`). What a layer
is in a network, with shapes and costs, is in `archdsl/ir/layers/`; a layer that a user defines is a
subclass of `archdsl.Layer`.
"""

from __future__ import annotations

from archdsl.language.layers.activation import ActivationWord, Gelu, Relu, Silu
from archdsl.language.layers.conv import Conv
from archdsl.language.layers.dropout import Dropout
from archdsl.language.layers.flatten import Flatten
from archdsl.language.layers.linear import Linear
from archdsl.language.layers.norm import Norm
from archdsl.language.layers.pool import Pool
from archdsl.language.layers.words import LayerWords, Order

LAYERS: tuple[type[LayerWords], ...] = (
    Conv, Norm, Relu, Gelu, Silu, Dropout, Pool, Flatten, Linear,
)  # fmt: skip

__all__ = [
    "LAYERS", "ActivationWord", "Conv", "Dropout", "Flatten", "Gelu", "LayerWords", "Linear",
    "Norm", "Order", "Pool", "Relu", "Silu",
]  # fmt: skip
