"""Upsampling without weights."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from archdsl.ir.layers.layer import Layer, Numbers, Shape, Span
from archdsl.ir.layers.windows import need_map
from archdsl.language import layers as words

MODES = {1: "linear", 2: "bilinear", 3: "trilinear"}
"""What torch calls linear interpolation, by the number of spatial dimensions."""


@dataclass(frozen=True, slots=True)
class Upsample(Layer):
    """A map `by` times as large; `kind` is nearest or linear. Corners of pixels are aligned."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.Upsample,)
    by: int
    kind: str = "nearest"
    dims: int = 2

    @classmethod
    def of(cls, word: words.Upsample, name: str, shape: Shape, stride: int) -> Upsample:
        """The layer for a word."""
        return cls(word.by, word.kind, len(shape) - 1)

    def dilated(self, step: int, keeps_size: bool) -> Upsample | None:
        return None if step > 1 or keeps_size else self

    def after(self, shape: Shape) -> Shape:
        need_map(self, shape)
        return (shape[0], *(self.by * size for size in shape[1:]))

    def window(self, before: Shape, axis: int = 0) -> tuple[Span, Span]:
        # Zeros between the pixels, then a window of `by`, or a triangle over two pixels.
        taps = self.by if self.kind == "nearest" else 2 * self.by - self.by % 2
        return 1 + Fraction(taps - 1, self.by), Fraction(1, self.by)

    def text(self) -> str:
        return f"upsample:{self.by}" + (f"/{self.kind}" if self.kind != "nearest" else "")

    def words(self) -> str:
        return f"{self._mode()} upsampling by {self.by}"

    def summary(self) -> str:
        return f"upsample {self.by}"

    def names(self) -> frozenset[str]:
        return frozenset({"functional.interpolate"})

    def call(self, x: str, numbers: Numbers) -> str:
        mode = f', mode="{self._mode()}"' if self.kind != "nearest" else ""
        return f"functional.interpolate({x}, scale_factor={self.by}{mode})"

    def _mode(self) -> str:
        return "nearest" if self.kind == "nearest" else MODES[self.dims]
