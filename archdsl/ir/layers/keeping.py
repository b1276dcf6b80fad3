"""What autograd keeps for the backward pass: each tensor once, however many layers keep it.

This is one account for a network and for the blocks inside its units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from archdsl.ir.layers.layer import FLOAT, Kept, Shape

if TYPE_CHECKING:
    from archdsl.ir.layers.block import Block, Join
    from archdsl.ir.layers.layer import Layer
    from archdsl.language.aggregation import Aggregation


@dataclass(eq=False, slots=True)
class Activation:
    """A tensor in training. `tracked` is whether a gradient flows to it.

    `base` is the tensor that owns its memory: another one if it is a view.
    """

    shape: Shape
    tracked: bool
    view_of: Activation | None = None

    @property
    def base(self) -> Activation:
        return self.view_of or self

    @property
    def bytes(self) -> int:
        """Bytes of the tensor in float32."""
        return FLOAT * prod(self.shape)


@dataclass
class Account:
    """The tensors that are saved so far, none of them a view, and the bytes kept beside them."""

    extra: int = 0
    saved: set[Activation] = field(default_factory=set)

    @property
    def bytes(self) -> int:
        """All bytes that are kept."""
        return self.extra + sum(tensor.bytes for tensor in self.saved)

    def save(self, tensors: Iterable[Activation]) -> None:
        """Keep tensors, each once."""
        self.saved.update(tensor.base for tensor in tensors)

    def chain(self, layers: Iterable[Layer], source: Activation) -> Activation:
        """Count what layers keep that run one after another, and return their result.

        Args:
            layers: the layers.
            source: the input of the first one.
        """
        for layer in layers:
            source = layer.keep(self, source)
        return source

    def layer(self, layer: Layer, source: Activation) -> Activation:
        """Count what a layer keeps, and return its result.

        Args:
            layer: a layer that holds no other layers.
            source: its input.
        """
        after = layer.after(source.shape)
        keeps = layer.kept(source.shape, after)
        if keeps.untracked is not None and not source.tracked:
            keeps = Kept(extra=keeps.untracked, always=keeps.always)
        tracked = source.tracked or (keeps.always and not layer.view)
        result = Activation(after, tracked, source.base if layer.view else None)
        if tracked:
            self.extra += keeps.extra
            self.save([source] if keeps.input else [])
            self.save([result] if keeps.result else [])
        return result

    def block(self, block: Block, source: Activation) -> Activation:
        """Count what the parts and the aggregates of a block keep, and return its result.

        Args:
            block: the block.
            source: its input.
        """
        live = block.live()

        def own(output: int) -> Account:
            # Autograd frees what it keeps for an output that the result does not depend on.
            return self if output in live else Account()

        def part(place: int, value: Activation) -> Activation:
            return own(place + 1).chain(block.parts[place], value)

        def join(join: Join, values: Sequence[Activation]) -> Activation:
            after = block.joined(join, [value.shape for value in values])
            return own(join.reader + 1).join(join.operator, values, after)

        return block.run(source, part, join)

    def join(
        self, operator: Aggregation, sources: Sequence[Activation], after: Shape
    ) -> Activation:
        """Count what an aggregation keeps, and return the aggregate.

        Args:
            operator: the aggregation.
            sources: the outputs that it joins.
            after: shape of the aggregate.
        """
        weighted = bool(operator.weights())  # its weights need gradients
        result = Activation(after, weighted or any(source.tracked for source in sources))
        if result.tracked:
            self.extra += operator.kept_bytes([source.shape for source in sources])
            self.save(sources[index] for index in operator.kept_outputs(len(sources)))
            if operator.then() == "relu":
                self.save([result])
            elif operator.then() is not None:
                self.extra += result.bytes
        return result
