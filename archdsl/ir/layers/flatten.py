"""Feature maps to flat features."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from archdsl.ir.layers.layer import Layer, Numbers, Shape
from archdsl.ir.steps import LayerStep
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class Flatten(Layer):
    """(c, h, w) to (c * h * w,)."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.Flatten,)
    view: ClassVar[bool] = True
    fixes_size: ClassVar[bool] = True

    @classmethod
    def of(cls, word: words.Flatten, name: str, shape: Shape, stride: int) -> Flatten:
        """The flattening for a word."""
        return cls()

    def after(self, shape: Shape) -> Shape:
        return (prod(shape),)

    def chooses_inputs(self) -> bool:
        return False  # what follows is built for the number of pixels too

    def window(self, before: Shape, axis: int = 0) -> tuple[int, int]:
        return (before[1 + axis] if len(before) > 1 else 1), 1

    def fused_step(self) -> LayerStep:
        return LayerStep("flatten", (1,))

    def text(self) -> str:
        return "flatten"

    def summary(self) -> str:
        return "flatten"

    def names(self) -> frozenset[str]:
        return frozenset({"torch.flatten"})

    def call(self, x: str, numbers: Numbers) -> str:
        return f"torch.flatten({x}, 1)"
