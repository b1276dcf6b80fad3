"""Fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

from archdsl.errors import fail
from archdsl.ir.layers.layer import Kept, Numbers, Shape, Weighted, affine
from archdsl.ir.layers.windows import show
from archdsl.ir.steps import LinearStep
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class Linear(Weighted):
    """Fully connected layer over flat features."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.Linear,)
    classifies: ClassVar[bool] = True
    varying: ClassVar[tuple[str, ...]] = ("inputs", "width")
    mixes: ClassVar[bool] = True
    inputs: int
    width: int
    bias: bool = True

    @classmethod
    def of(cls, word: words.Linear, name: str, shape: Shape, stride: int) -> Linear:
        """The fully connected layer for a word."""
        return cls(name, shape[0], word.width, word.bias)

    def after(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise fail(
                "A218",
                f"linear takes flat features, but is given a map of {show(shape)}",
                help="put `{pool: {to: 1}}` and `flatten` before it",
            )
        return (self.width,)

    def takes(self) -> int:
        return self.inputs

    def makes(self) -> int:
        return self.width

    def biased(self) -> Linear:
        return replace(self, bias=True)

    def weights(self) -> dict[str, Shape]:
        return affine((self.width, self.inputs), self.bias)

    def macs(self, after: Shape) -> int:
        return prod(after) * self.inputs

    def kept(self, before: Shape, after: Shape) -> Kept:
        return Kept(input=True, always=True)

    def fused_step(self) -> LinearStep:
        return LinearStep(self.name)

    def text(self) -> str:
        return f"{self.name}:{self.inputs}->{self.width}" + ("" if self.bias else "/nobias")

    def words(self) -> str:
        return f"linear to {self.width:,}" + ("" if self.bias else " without bias")

    def summary(self) -> str:
        return f"linear {self.width:,}"

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        bias = [] if self.bias else ["bias=False"]
        return "nn.Linear", [numbers["inputs"], numbers["width"], *bias]

    @classmethod
    def initialisation(cls, alike: Sequence[Linear]) -> list[str]:
        zero = "nn.init.zeros_(module.bias)"
        biases = [linear.bias for linear in alike]
        if all(biases):
            return [zero]
        return ["if module.bias is not None:", f"    {zero}"] if any(biases) else []

    def describe(self, numbers: Numbers) -> str:
        return f"linear to {numbers['width']}"
