"""What autograd keeps of a block: each tensor once, however many layers keep it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from archdsl.ir.layers.layer import FLOAT, Kept, Shape

if TYPE_CHECKING:
    from archdsl.ir.layers.block import Block, Join


@dataclass(eq=False, slots=True)
class _Tensor:
    shape: Shape
    saved: bool = False

    def bytes(self) -> int:
        return FLOAT * prod(self.shape)


@dataclass
class _Account:
    """The tensors of a block that is run once, and the bytes that are kept beside them."""

    block: Block
    live: set[int]
    tensors: list[_Tensor] = field(default_factory=list)
    extra: int = 0

    def new(self, shape: Shape) -> _Tensor:
        self.tensors.append(_Tensor(shape))
        return self.tensors[-1]

    def part(self, place: int, source: _Tensor) -> _Tensor:
        """Run the layers of a part."""
        read, shape = place + 1 in self.live, source.shape
        for layer in self.block.parts[place]:
            before, shape = shape, layer.after(shape)
            result = source if layer.view else self.new(shape)
            if read:
                keeps = layer.kept(before, shape)
                self.extra += keeps.extra
                source.saved |= keeps.input
                result.saved |= keeps.result
            source = result
        return source

    def join(self, join: Join, sources: Sequence[_Tensor]) -> _Tensor:
        """Join outputs."""
        operator, shapes = join.operator, [source.shape for source in sources]
        result = self.new(self.block.joined(join, shapes))
        if join.reader + 1 in self.live:
            self.extra += operator.kept_bytes(shapes)
            for index in operator.kept_outputs(len(sources)):
                sources[index].saved = True
            if operator.then() == "relu":
                result.saved = True
            elif operator.then():
                self.extra += result.bytes()
        return result


def kept(block: Block, before: Shape) -> Kept:
    """Return what autograd keeps of a block for the backward pass.

    Args:
        block: the block.
        before: shape of its input.
    """
    account = _Account(block, block.live())
    first = _Tensor(before)
    result = block.run(first, account.part, account.join)
    inside = (tensor for tensor in account.tensors if tensor.saved and tensor is not result)
    extra = account.extra + sum(tensor.bytes() for tensor in inside)
    return Kept(first.saved, result.saved and result is not first, extra, always=True)
