"""Layer scale: a learned factor for each channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from archdsl.ir.layers.layer import Kept, Numbers, Shape, Weighted
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class Scale(Weighted):
    """A learned factor for each of `features` channels, all `init` before training."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.Scale,)
    varying: ClassVar[tuple[str, ...]] = ("features",)
    elementwise: ClassVar[bool] = True
    affine: ClassVar[bool] = True
    features: int
    init: float

    @classmethod
    def of(cls, word: words.Scale, name: str, shape: Shape, stride: int) -> Scale:
        """The layer for a word."""
        return cls(name, shape[0], float(word.init))

    def chooses_inputs(self) -> None:
        return None

    def takes(self) -> int:
        return self.features

    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.features,)}

    def scale_and_shift(self, own: Mapping[str, Any]) -> tuple[Any, Any]:
        return own["weight"], 0 * own["weight"]

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        return Kept(input=True, always=True)

    def text(self) -> str:
        return f"{self.name}:{self.init:g}"

    def words(self) -> str:
        return f"layer scale from {self.init:g}"

    def helper(self) -> tuple[str, str]:
        return "layer_scale", "LayerScale"

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        return "LayerScale", [numbers["features"], f"{self.init!r}"]

    def describe(self, numbers: Numbers) -> str:
        return "layer scale"
