"""Dropout."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from archdsl.ir.layers.layer import Kept, Layer, Numbers, Shape
from archdsl.ir.steps import PartKind
from archdsl.language import layers as words

MASK = 1
"""Bytes per element of the mask, as the fused kernel of accelerators keeps it.

On a CPU torch keeps the mask as float32.
"""


@dataclass(frozen=True, slots=True)
class Dropout(Layer):
    """Zeroes elements with probability `p` in training."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.Dropout,)
    varying: ClassVar[tuple[str, ...]] = ("p",)
    training_only: ClassVar[bool] = True
    p: float

    @classmethod
    def of(cls, word: words.Dropout, name: str, shape: Shape, stride: int) -> Dropout | None:
        """The dropout for a word; none for a probability of 0."""
        return cls(float(word.p)) if word.p else None

    def kept(self, before: Shape, after: Shape) -> Kept:
        return Kept(extra=MASK * prod(before))

    def stage_part(self) -> PartKind:
        return "dropout"

    def text(self) -> str:
        return f"dropout:{self.p:g}"

    def words(self) -> str:
        return f"dropout {self.p:g}"

    def names(self) -> frozenset[str]:
        return frozenset({"functional.dropout"})

    def call(self, x: str, numbers: Numbers) -> str:
        return f"functional.dropout({x}, {numbers['p']}, self.training)"

    def describe(self, numbers: Numbers) -> str:
        return f"dropout (p = {numbers['p']})"
