"""Copies of the input side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archdsl.counted import counted, inflected
from archdsl.ir.layers.layer import Layer, Numbers, Shape
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class Copies(Layer):
    """The channels of the input, `count` times."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.Copies,)
    varying: ClassVar[tuple[str, ...]] = ("count",)
    rearranges: ClassVar[bool] = True
    count: int

    @classmethod
    def of(cls, word: words.Copies, name: str, shape: Shape, stride: int) -> Copies:
        """The layer for a word."""
        return cls(word.count)

    def after(self, shape: Shape) -> Shape:
        return (self.count * shape[0], *shape[1:])

    def text(self) -> str:
        return f"copies:{self.count}"

    def words(self) -> str:
        return counted(self.count, "copy", "copies")

    def names(self) -> frozenset[str]:
        return frozenset({"torch"})

    def call(self, x: str, numbers: Numbers) -> str:
        return f"torch.cat([{x}] * {numbers['count']}, dim=1)"

    def describe(self, numbers: Numbers) -> str:
        return f"{numbers['count']} {inflected(numbers['count'], 'copy', 'copies')}"
