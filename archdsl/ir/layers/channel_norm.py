"""Normalisation over channels: layer norm and RMS norm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

from archdsl.ir.layers.layer import (
    FLOAT,
    Kept,
    Numbers,
    Shape,
    Weighted,
    affine,
)
from archdsl.ir.layers.norms import eps_argument, refuse_single_numbers
from archdsl.language import layers as words

MODULES: Mapping[str, tuple[str, str]] = {
    "layer": ("LayerNorm", "ChannelLayerNorm"),
    "rms": ("RMSNorm", "ChannelRMSNorm"),
}
"""For each kind the class of torch.nn for flat features, and the pasted class for maps."""


@dataclass(frozen=True, slots=True)
class ChannelNorm(Weighted):
    """`layer` or `rms` normalisation over the channels of each pixel, or over flat features."""

    varying: ClassVar[tuple[str, ...]] = ("features",)
    normalises: ClassVar[bool] = True
    kind: str
    features: int
    eps: float = 1e-5
    flat: bool = False

    @classmethod
    def of(cls, word: words.Norm, name: str, shape: Shape, stride: int) -> ChannelNorm:
        """The norm for a word. Raises ArchdslError (A214)."""
        refuse_single_numbers(word.kind, shape[0])
        return cls(name, word.kind, shape[0], float(word.eps), flat=len(shape) == 1)

    def resized(self, shape: Shape) -> ChannelNorm:
        refuse_single_numbers(self.kind, shape[0])
        return replace(self, name="norm", features=shape[0], flat=len(shape) == 1)

    def chooses_inputs(self) -> None:
        return None

    def takes(self) -> int:
        return self.features

    def weights(self) -> dict[str, Shape]:
        return affine((self.features,), bias=self.kind == "layer")

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        # Layer norm keeps its input and two statistics of each pixel. RMS norm keeps the result
        # before the scale for the gradient of the scale; for that of the input also the input and
        # one statistic of each pixel.
        pixels, whole = FLOAT * prod(before[1:]), FLOAT * prod(before)
        if self.kind == "rms":
            alone = Kept(extra=whole, always=True)
            return Kept(input=True, extra=pixels + whole, always=True, untracked=alone)
        return Kept(input=True, extra=2 * pixels, always=True)

    def text(self) -> str:
        return f"{self.name}:{self.kind}" + (f"/eps{self.eps:g}" if self.eps != 1e-5 else "")

    def words(self) -> str:
        return f"{'RMS' if self.kind == 'rms' else self.kind} norm"

    def helper(self) -> tuple[str, str] | None:
        return None if self.flat else (f"channel_{self.kind}_norm", MODULES[self.kind][1])

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        flat, of_maps = MODULES[self.kind]
        # The default of RMSNorm depends on the dtype.
        eps = [f"eps={self.eps!r}"] if self.kind == "rms" else eps_argument(self.eps)
        return f"nn.{flat}" if self.flat else of_maps, [numbers["features"], *eps]
