"""Activation functions."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from archdsl.ir.layers.layer import Kept, Layer, Numbers, Shape
from archdsl.ir.steps import LayerStep
from archdsl.language import layers as words

FUNCTIONS = {"relu": "torch.relu", "gelu": "functional.gelu", "silu": "functional.silu"}
WORDS = {"relu": "ReLU", "gelu": "GELU", "silu": "SiLU"}


@dataclass(frozen=True, slots=True)
class Activation(Layer):
    """relu, gelu or silu."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.Relu, words.Gelu, words.Silu)
    elementwise: ClassVar[bool] = True
    function: str

    @classmethod
    def of(cls, word: words.LayerWords, name: str, shape: Shape, stride: int) -> Activation:
        """The activation for a word, which is the name of its function."""
        return cls(word.layer)

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        # The gradient of a ReLU can be told from its result.
        return Kept(result=True) if self.function == "relu" else Kept(input=True)

    def fused_step(self) -> LayerStep | None:
        return LayerStep("relu") if self.function == "relu" else None

    def text(self) -> str:
        return self.function

    def names(self) -> frozenset[str]:
        return frozenset({FUNCTIONS[self.function]})

    def call(self, x: str, numbers: Numbers) -> str:
        return f"{FUNCTIONS[self.function]}({x})"

    def describe(self, numbers: Numbers) -> str:
        return WORDS[self.function]
