"""Everything a node can be, on one screen. Layers, which chains are made of, are in `layers/`.

A shape is (features, *rest) without the batch: (64, 32, 32) is 64 channels of 32 x 32 pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archdsl.ir.layers import (
    Activation,
    Conv,
    Dropout,
    Flatten,
    Layer,
    Linear,
    Norm,
    Pad,
    Pool,
    PoolTo,
    Weighted,
)  # fmt: skip
from archdsl.ir.layers.layer import Shape
from archdsl.language.aggregation import Aggregation

__all__ = [
    "Activation", "Aggregate", "Chain", "Conv", "Dropout", "Flatten", "Input", "Layer", "Linear",
    "Norm", "Op", "Pad", "Pool", "PoolTo", "Shape", "Weighted",
]  # fmt: skip


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
    """The node's inputs, joined in order (the operator of equation 2).

    `scope` prefixes the names of the weights that this reader owns: `stages.1.joins.4` + `weight`.
    It is empty for an operator without weights.
    """

    operator: Aggregation
    scope: str = ""

    def weights(self, widths: Sequence[int]) -> dict[str, Shape]:
        """Return the shapes of the weights by name, for inputs with these numbers of features."""
        return self.operator.weights_for(widths) if self.scope else {}


Op = Input | Chain | Aggregate
