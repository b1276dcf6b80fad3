"""Stochastic depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archdsl.ir.layers.layer import FLOAT, Kept, Layer, Numbers, Shape
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class DropUnit(Layer):
    """Zeroes each sample with probability `drop` in training, and scales the others."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.DropUnit,)
    varying: ClassVar[tuple[str, ...]] = ("drop",)
    training_only: ClassVar[bool] = True
    drop: float

    @classmethod
    def of(cls, word: words.DropUnit, name: str, shape: Shape, stride: int) -> DropUnit | None:
        """The layer for a word; none for a probability of 0."""
        return cls(float(word.p)) if word.p else None

    def kept(self, before: Shape, after: Shape) -> Kept:
        return Kept(extra=FLOAT)  # the factor of the sample

    def text(self) -> str:
        return f"drop-unit:{self.drop:g}"

    def words(self) -> str:
        return f"stochastic depth {self.drop:g}"

    def helper(self) -> tuple[str, str]:
        return "drop_unit", "drop_unit"

    def call(self, x: str, numbers: Numbers) -> str:
        return f"drop_unit({x}, {numbers['drop']}, self.training)"

    def describe(self, numbers: Numbers) -> str:
        return f"stochastic depth (p = {numbers['drop']})"
