"""Layers, one file each. `layer.py` has the questions that a layer answers."""

from archdsl.ir.layers.activation import Activation
from archdsl.ir.layers.conv import Conv
from archdsl.ir.layers.dropout import Dropout
from archdsl.ir.layers.flatten import Flatten
from archdsl.ir.layers.layer import Layer, Weighted
from archdsl.ir.layers.linear import Linear
from archdsl.ir.layers.norm import Norm
from archdsl.ir.layers.pad import Pad
from archdsl.ir.layers.pool import Pool
from archdsl.ir.layers.pool_to import PoolTo

KINDS: tuple[type[Layer], ...] = (
    Conv, Norm, Activation, Dropout, Pool, PoolTo, Flatten, Linear, Pad,
)  # fmt: skip

__all__ = [
    "KINDS", "Activation", "Conv", "Dropout", "Flatten", "Layer", "Linear", "Norm", "Pad", "Pool",
    "PoolTo", "Weighted",
]  # fmt: skip
