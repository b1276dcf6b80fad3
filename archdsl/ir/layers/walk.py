"""Follow tensors through layers one after another, and through the parts of blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from archdsl.ir.layers.layer import FLOAT, Shape

if TYPE_CHECKING:
    from archdsl.ir.layers.block import Block, Join
    from archdsl.ir.layers.layer import Layer
    from archdsl.language.aggregation import Aggregation


@dataclass(eq=False, slots=True)
class Activation:
    """A tensor. `tracked` is whether a gradient flows to it.

    `base` is the tensor that owns its memory: another one if it is a view.
    """

    shape: Shape
    tracked: bool = False
    view_of: Activation | None = None

    @property
    def base(self) -> Activation:
        return self.view_of or self

    @property
    def bytes(self) -> int:
        """Bytes of the tensor in float32."""
        return FLOAT * prod(self.shape)


class Walk:
    """One pass over layers. A subclass says what a layer and an aggregate do with tensors."""

    def layer(self, layer: Layer, source: Activation, after: Shape) -> Activation:
        """Return the result of a layer.

        Args:
            layer: a layer that holds no other layers.
            source: its input.
            after: shape of its result.
        """
        raise NotImplementedError

    def join(
        self, operator: Aggregation, sources: Sequence[Activation], after: Shape
    ) -> Activation:
        """Return an aggregate.

        Args:
            operator: the aggregation.
            sources: the outputs that it joins.
            after: shape of the aggregate.
        """
        raise NotImplementedError

    def toward(self, *, read: bool) -> Walk:
        """Return the walk for an output of a block; `read`: the block's result depends on it."""
        return self

    def chain(
        self, layers: Iterable[Layer], source: Activation, shapes: Iterable[Shape]
    ) -> Activation:
        """Return the result of layers one after another.

        Args:
            layers: the layers.
            source: the input of the first one.
            shapes: the shape after each layer.
        """
        for layer, after in zip(layers, shapes, strict=True):
            source = layer.walk(self, source, after)
        return source

    def block(self, block: Block, source: Activation) -> Activation:
        """Return the result of a block, after its parts and its aggregates.

        Args:
            block: the block.
            source: its input.
        """
        live, (inside, _) = block.live(), block.steps(source.shape)

        def part(place: int, value: Activation) -> Activation:
            walk, shapes = self.toward(read=place + 1 in live), inside[place][1:]
            return walk.chain(block.parts[place], value, shapes)

        def join(join: Join, values: Sequence[Activation]) -> Activation:
            after = block.joined(join, [value.shape for value in values])
            walk = self.toward(read=join.reader + 1 in live)
            return walk.join(join.operator, values, after)

        return block.run(source, part, join)
