"""Batch normalisation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, ClassVar

from archdsl.errors import Diagnostic, Place
from archdsl.ir.layers.layer import (
    FLOAT,
    Kept,
    Numbers,
    Shape,
    Weighted,
    affine,
)
from archdsl.ir.layers.norms import eps_argument
from archdsl.ir.layers.windows import show
from archdsl.ir.steps import NormStep, PartKind
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class Norm(Weighted):
    """Batch normalisation with scale and shift, of maps or of flat features (`dims` 0)."""

    varying: ClassVar[tuple[str, ...]] = ("features",)
    elementwise: ClassVar[bool] = True
    affine: ClassVar[bool] = True
    normalises: ClassVar[bool] = True
    features: int
    dims: int = 2
    eps: float = 1e-5

    @classmethod
    def of(cls, word: words.Norm, name: str, shape: Shape, stride: int) -> Norm:
        """The norm for a word."""
        return cls(name, shape[0], len(shape) - 1, float(word.eps))

    def resized(self, shape: Shape) -> Norm:
        return replace(self, name="norm", features=shape[0], dims=len(shape) - 1)

    def chooses_inputs(self) -> None:
        return None  # the convolution after it says whether the number may be chosen

    def takes(self) -> int:
        return self.features

    def weights(self) -> dict[str, Shape]:
        return affine((self.features,), bias=True)

    def statistics(self) -> dict[str, Shape]:
        each = (self.features,)
        return {"running_mean": each, "running_var": each, "num_batches_tracked": ()}

    def scale_and_shift(self, own: Mapping[str, Any]) -> tuple[Any, Any]:
        scale = own["weight"] / (own["running_var"] + self.eps) ** 0.5
        return scale, own["bias"] - own["running_mean"] * scale

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        # Its input, and the batch's mean and inverse standard deviation.
        return Kept(input=True, extra=2 * FLOAT * self.features, always=True)

    def remarks(self, shape: Shape, place: Place) -> Iterator[Diagnostic]:
        if prod(shape[1:]) == 1:
            where = f"a {show(shape[1:])} map" if shape[1:] else "flat features"
            message = f"`norm` on {where}: training needs batches of 2 or more"
            yield Diagnostic("A214", message, level="warning", **place)

    def fused_step(self) -> NormStep | None:
        return NormStep(self.name) if self.dims == 2 else None

    def stage_part(self) -> PartKind | None:
        return "norm" if self.dims else None

    def text(self) -> str:
        return self.name + (f":eps{self.eps:g}" if self.eps != 1e-5 else "")

    def words(self) -> str:
        return "norm"

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        arguments = [numbers["features"], *eps_argument(self.eps)]
        return f"nn.BatchNorm{max(1, self.dims)}d", arguments
