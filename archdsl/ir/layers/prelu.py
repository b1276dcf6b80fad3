"""ReLU with a learned slope for negative numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from archdsl.ir.layers.layer import Kept, Numbers, Shape, Weighted
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class Prelu(Weighted):
    """x where it is positive, else a learned factor times x; one factor if `features` is 1."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.Prelu,)
    varying: ClassVar[tuple[str, ...]] = ("features",)
    elementwise: ClassVar[bool] = True
    features: int
    each: bool

    @classmethod
    def of(cls, word: words.Prelu, name: str, shape: Shape, stride: int) -> Prelu:
        """The activation for a word."""
        each = word.per == "channel"
        return cls(name, shape[0] if each else 1, each)

    def numbers(self) -> dict[str, int | float]:
        return {"features": self.features} if self.each else {}

    def chooses_inputs(self) -> None:
        return None

    def takes(self) -> int | None:
        return self.features if self.each else None

    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.features,)}

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        return Kept(input=True, always=True)

    def text(self) -> str:
        return f"{self.name}:each" if self.each else self.name

    def words(self) -> str:
        return "prelu per channel" if self.each else "prelu"

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        return "nn.PReLU", [numbers["features"]] if self.each else []

    def describe(self, numbers: Numbers) -> str:
        return "PReLU"
