"""What torch keeps of each layer for the backward pass (measured with torch 2.13)."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from archdsl.ir import ops
from archdsl.ir.ops import Shape

FLOAT = 4
INDEX = 8
MASK = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """What a layer keeps: its input, its result, `extra` bytes; `always`, or to pass a gradient."""

    input: bool = False
    result: bool = False
    extra: int = 0
    always: bool = False


def kept(layer: ops.Layer, before: Shape, after: Shape) -> Kept:
    """What torch keeps for the backward pass of a layer.

    A norm keeps its input with the batch's mean and inverse deviation, a maximum its input with
    int64 indices, a dropout a mask of one byte per element (as the fused kernel of accelerators
    does; on a CPU torch keeps the mask as float32). Averaging a whole map keeps nothing.
    """
    match layer:
        case ops.Conv() | ops.Linear():
            return Kept(input=True, always=True)
        case ops.Norm(features=features):
            return Kept(input=True, extra=2 * FLOAT * features, always=True)
        case ops.Activation(function="relu"):
            return Kept(result=True)
        case ops.Dropout():
            return Kept(extra=MASK * prod(before))
        case ops.Pool(kind="max") | ops.PoolTo(kind="max"):
            return Kept(input=True, extra=INDEX * prod(after))
        case ops.PoolTo(side=1) | ops.Flatten() | ops.Pad():
            return Kept()
        case ops.Activation() | ops.Pool() | ops.PoolTo():
            return Kept(input=True)
