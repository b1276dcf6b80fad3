"""The sum of the streams of a state."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from archdsl.counted import counted, inflected
from archdsl.ir.layers.layer import Layer, Numbers, Shape
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class AddStreams(Layer):
    """The sum of `count` streams, each as wide as the result."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.AddStreams,)
    varying: ClassVar[tuple[str, ...]] = ("count",)
    rearranges: ClassVar[bool] = True
    count: int

    @classmethod
    def of(cls, word: words.AddStreams, name: str, shape: Shape, stride: int) -> AddStreams:
        """The layer for a word."""
        return cls(word.count)

    def after(self, shape: Shape) -> Shape:
        return (shape[0] // self.count, *shape[1:])

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def text(self) -> str:
        return f"add-streams:{self.count}"

    def words(self) -> str:
        return f"the sum of {counted(self.count, 'stream')}"

    def call(self, x: str, numbers: Numbers) -> str:
        return f"{x}.unflatten(1, ({numbers['count']}, -1)).sum(dim=1)"

    def describe(self, numbers: Numbers) -> str:
        return f"the sum of {numbers['count']} {inflected(numbers['count'], 'stream')}"
