"""Which tensors are written in evaluation, in order, by the layers of a chain and inside blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from archdsl.ir.layers.keeping import Activation

if TYPE_CHECKING:
    from archdsl.ir.layers.block import Block, Join
    from archdsl.ir.layers.layer import Layer, Shape


class Schedule:
    """The tensors so far: `steps` has those that each one is computed from, and the tensor."""

    def __init__(self) -> None:
        self.steps: list[tuple[tuple[Activation, ...], Activation]] = []

    def chain(self, layers: Iterable[Layer], source: Activation) -> Activation:
        """Add what layers write that run one after another, and return their result.

        Args:
            layers: the layers.
            source: the input of the first one.
        """
        for layer in layers:
            source = layer.write(self, source)
        return source

    def layer(self, layer: Layer, source: Activation) -> Activation:
        """Add what a layer writes, and return its result.

        Args:
            layer: a layer that holds no other layers.
            source: its input.
        """
        after = layer.after(source.shape)
        if layer.view or layer.training_only:
            return Activation(after, tracked=False, view_of=source.base)
        return self._write([source], after)

    def block(self, block: Block, source: Activation) -> Activation:
        """Add what the parts and the aggregates of a block write, and return its result.

        Args:
            block: the block.
            source: its input.
        """

        def part(place: int, value: Activation) -> Activation:
            return self.chain(block.parts[place], value)

        def join(join: Join, values: Sequence[Activation]) -> Activation:
            return self._write(values, block.joined(join, [value.shape for value in values]))

        return block.run(source, part, join)

    def _write(self, sources: Sequence[Activation], shape: Shape) -> Activation:
        result = Activation(shape, tracked=False)
        self.steps.append((tuple(source.base for source in sources), result))
        return result
