"""Batch normalisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from archdsl.errors import Diagnostic, Place
from archdsl.ir.layers.layer import FLOAT, Kept, Shape, Weighted, affine


@dataclass(frozen=True, slots=True)
class Norm(Weighted):
    """Batch normalisation with scale and shift, of maps or of flat features."""

    elementwise: ClassVar[bool] = True
    features: int
    flat: bool = False

    def takes(self) -> int:
        return self.features

    def weights(self) -> dict[str, Shape]:
        return affine((self.features,), bias=True)

    def statistics(self) -> dict[str, Shape]:
        each = (self.features,)
        return {"running_mean": each, "running_var": each, "num_batches_tracked": ()}

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        # Besides its input: the batch's mean and inverse standard deviation.
        return Kept(input=True, extra=2 * FLOAT * self.features, always=True)

    def remarks(self, shape: Shape, place: Place) -> Iterator[Diagnostic]:
        if prod(shape[1:]) == 1:
            where = "a 1x1 map" if shape[1:] else "flat features"
            message = f"`norm` on {where}: training needs batches of 2 or more"
            yield Diagnostic("A214", message, level="warning", **place)

    def text(self) -> str:
        return self.name

    def words(self) -> str:
        return "norm"
