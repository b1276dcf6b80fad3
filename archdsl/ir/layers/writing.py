"""Which tensors are written in evaluation, in order, by the layers of a chain and inside blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archdsl.ir.layers.walk import Activation, Walk

if TYPE_CHECKING:
    from archdsl.ir.layers.layer import Layer, Shape
    from archdsl.language.aggregation import Aggregation


class Schedule(Walk):
    """The tensors so far: `steps` has those that each one is computed from, and the tensor."""

    def __init__(self) -> None:
        self.steps: list[tuple[tuple[Activation, ...], Activation]] = []

    def layer(self, layer: Layer, source: Activation, after: Shape) -> Activation:
        """Add what a layer writes, and return its result; see `Walk.layer`."""
        if not layer.writes:
            return Activation(after, view_of=source.base)
        return self._write((source.base,), after)

    def join(
        self, operator: Aggregation, sources: Sequence[Activation], after: Shape
    ) -> Activation:
        """Add an aggregate, and return it; see `Walk.join`."""
        return self._write(tuple(source.base for source in sources), after)

    def _write(self, read: tuple[Activation, ...], shape: Shape) -> Activation:
        result = Activation(shape)
        self.steps.append((read, result))
        return result
