"""Everything a node can be, on one screen. Nothing registers itself here at run time.

A shape is (features, *rest) without the batch: (64, 32, 32) is 64 channels of 32 x 32 places.
"""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.language.aggregation import Aggregation

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Conv:
    """Two-dimensional convolution, `inputs` to `width` channels."""

    name: str
    inputs: int
    width: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = False


@dataclass(frozen=True, slots=True)
class Norm:
    """Batch normalisation with scale and shift, of maps or of flat features."""

    name: str
    features: int
    flat: bool = False


@dataclass(frozen=True, slots=True)
class Activation:
    """relu, gelu or silu."""

    function: str


@dataclass(frozen=True, slots=True)
class Dropout:
    """Zeroes elements with probability `p` in training."""

    p: float


@dataclass(frozen=True, slots=True)
class Pool:
    """Max or average pooling with a window."""

    kind: str
    kernel: int
    stride: int
    padding: int = 0


@dataclass(frozen=True, slots=True)
class PoolTo:
    """Pooling to a map of `side` x `side` places, which is at most the size before."""

    kind: str
    side: int


@dataclass(frozen=True, slots=True)
class Flatten:
    """(c, h, w) to (c * h * w,)."""


@dataclass(frozen=True, slots=True)
class Linear:
    """Fully connected layer over flat features."""

    name: str
    inputs: int
    width: int
    bias: bool = True


@dataclass(frozen=True, slots=True)
class Pad:
    """Every `stride`-th place, and channels of zeros after the others up to `width`."""

    width: int
    stride: int


Layer = Conv | Norm | Activation | Dropout | Pool | PoolTo | Flatten | Linear | Pad
Weighted = Conv | Norm | Linear


@dataclass(frozen=True, slots=True)
class Input:
    """What the network is given."""

    shape: Shape


@dataclass(frozen=True, slots=True)
class Chain:
    """Layers one after another: a unit, a stem, a transition, a projection, a head.

    `scope` prefixes the names of its weights: `stages.1.layers.4` + `conv1` + `weight`.
    """

    scope: str
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The node's inputs, joined in order (the operator of equation 2)."""

    operator: Aggregation


Op = Input | Chain | Aggregate
