"""What autograd keeps for the backward pass: each tensor once, however many layers keep it.

This is one account for a network and for the blocks inside its units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archdsl.ir.layers.layer import Shape
from archdsl.ir.layers.walk import Activation, Walk

if TYPE_CHECKING:
    from archdsl.ir.layers.layer import Layer
    from archdsl.language.aggregation import Aggregation


@dataclass
class Account(Walk):
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

    def layer(self, layer: Layer, source: Activation, after: Shape) -> Activation:
        """Count what a layer keeps, and return its result; see `Walk.layer`."""
        keeps = layer.kept(source.shape, after)
        if keeps.untracked is not None and not source.tracked:
            keeps = keeps.untracked
        tracked = source.tracked or (keeps.always and not layer.view)
        result = Activation(after, tracked, source.base if layer.view else None)
        if tracked:
            self.extra += keeps.extra
            self.save([source] if keeps.input else [])
            self.save([result] if keeps.result else [])
        return result

    def toward(self, *, read: bool) -> Account:
        """Autograd frees what it keeps for an output that the block's result does not depend on."""
        return self if read else Account()

    def join(
        self, operator: Aggregation, sources: Sequence[Activation], after: Shape
    ) -> Activation:
        """Count what an aggregation keeps, and return the aggregate; see `Walk.join`."""
        weighted = len(sources) > 1 and bool(operator.weights())  # its weights need gradients
        result = Activation(after, weighted or any(source.tracked for source in sources))
        if result.tracked:
            tracked = [source.tracked for source in sources]
            if len(sources) > 1:
                self.extra += operator.kept_bytes([source.shape for source in sources], tracked)
                self.save(sources[index] for index in operator.kept_outputs(tracked))
            if operator.then() == "relu":
                self.save([result])
            elif operator.then() is not None:
                self.extra += result.bytes
        return result
