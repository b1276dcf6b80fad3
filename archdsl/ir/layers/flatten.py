"""Feature maps to flat features."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from archdsl.ir.layers.layer import Layer, Shape


@dataclass(frozen=True, slots=True)
class Flatten(Layer):
    """(c, h, w) to (c * h * w,)."""

    view: ClassVar[bool] = True

    def after(self, shape: Shape) -> Shape:
        return (prod(shape),)

    def window(self, before: Shape) -> tuple[int, int]:
        return max(before[1:], default=1), 1

    def text(self) -> str:
        return "flatten"

    def summary(self) -> str:
        return "flatten"
