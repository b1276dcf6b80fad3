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

    `scopes` prefix the names of its weights: `stages.1.joins.4` + `weight`. There are none for an
    operator without weights, and one if this reader owns the weights. Where the operator folds,
    each input after the first has one, and all readers of this input share its weights.
    """

    operator: Aggregation
    scopes: tuple[str, ...] = ()

    def weights(self, widths: Sequence[int]) -> dict[str, dict[str, Shape]]:
        """Return the shapes of the weights by scope and name, for inputs of these widths."""
        own = self.operator.weights_for(widths) if self.scopes else {}
        return dict.fromkeys(self.scopes, own)


Op = Input | Chain | Aggregate
