"""Activation functions."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from archdsl.ir.layers.layer import FLOAT, Kept, Layer, Numbers, Shape
from archdsl.ir.steps import LayerStep, PartKind
from archdsl.language import layers as words

FUNCTIONS = {
    "relu": "torch.relu", "gelu": "functional.gelu", "silu": "functional.silu",
    "relu6": "functional.relu6", "relu2": "torch.relu", "sigmoid": "torch.sigmoid",
    "tanh": "torch.tanh", "hardsigmoid": "functional.hardsigmoid",
    "hardswish": "functional.hardswish", "mish": "functional.mish",
}  # fmt: skip
"""The function of torch; `relu2` squares the result of its function."""

TITLES = {
    "relu": "ReLU", "gelu": "GELU", "silu": "SiLU", "relu6": "ReLU6", "relu2": "squared ReLU",
    "mish": "Mish",
}  # fmt: skip

FROM_RESULT = {"relu", "sigmoid", "tanh"}
"""Functions whose gradient can be told from their result, so that torch keeps that."""


@dataclass(frozen=True, slots=True)
class Activation(Layer):
    """A function of each element, without numbers or weights."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (
        words.Relu, words.Gelu, words.Silu, words.Relu6, words.Relu2, words.Sigmoid, words.Tanh,
        words.Hardsigmoid, words.Hardswish, words.Mish,
    )  # fmt: skip
    elementwise: ClassVar[bool] = True
    function: str

    @classmethod
    def of(cls, word: words.LayerWords, name: str, shape: Shape, stride: int) -> Activation:
        """The activation for a word, which is the name of its function."""
        return cls(word.layer)

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        if self.function == "relu2":  # torch keeps the ReLU, which is neither input nor result
            return Kept(extra=FLOAT * prod(before))
        return Kept(result=True) if self.function in FROM_RESULT else Kept(input=True)

    def fused_step(self) -> LayerStep | None:
        return LayerStep("relu") if self.function == "relu" else None

    def stage_part(self) -> PartKind:
        return "activation"

    def text(self) -> str:
        return self.function

    def names(self) -> frozenset[str]:
        return frozenset({FUNCTIONS[self.function]})

    def call(self, x: str, numbers: Numbers) -> str:
        call = f"{FUNCTIONS[self.function]}({x})"
        return f"{call}.square()" if self.function == "relu2" else call

    def describe(self, numbers: Numbers) -> str:
        return TITLES.get(self.function, self.function)
