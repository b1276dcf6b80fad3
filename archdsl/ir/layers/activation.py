"""Activation functions."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from archdsl.ir.layers.layer import Kept, Layer, Shape


@dataclass(frozen=True, slots=True)
class Activation(Layer):
    """relu, gelu or silu."""

    elementwise: ClassVar[bool] = True
    function: str

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        # The gradient of a ReLU can be told from its result.
        return Kept(result=True) if self.function == "relu" else Kept(input=True)

    def text(self) -> str:
        return self.function
