"""Leaky ReLU."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from archdsl.ir.layers.layer import Kept, Layer, Numbers, Shape
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class Leaky(Layer):
    """x where it is positive, else `slope` times x."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.Leaky,)
    elementwise: ClassVar[bool] = True
    slope: float

    @classmethod
    def of(cls, word: words.Leaky, name: str, shape: Shape, stride: int) -> Leaky:
        """The activation for a word."""
        return cls(float(word.slope))

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        return Kept(input=True)

    def text(self) -> str:
        return f"leaky:{self.slope:g}"

    def words(self) -> str:
        return f"leaky {self.slope:g}"

    def names(self) -> frozenset[str]:
        return frozenset({"functional.leaky_relu"})

    def call(self, x: str, numbers: Numbers) -> str:
        return f"functional.leaky_relu({x}, {self.slope!r})"

    def describe(self, numbers: Numbers) -> str:
        return "leaky ReLU"
