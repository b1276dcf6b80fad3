"""Pooling with a window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

from archdsl.errors import Diagnostic, Place
from archdsl.ir.layers.layer import Kept, Layer, Numbers, Shape
from archdsl.ir.layers.windows import Window, kernel_text
from archdsl.ir.steps import LayerStep

INDEX = 8
"""Bytes of the int64 index that a maximum keeps for each element of its result."""


@dataclass(frozen=True, slots=True)
class Pool(Layer):
    """Max or average pooling with a window."""

    kind: str
    kernel: int
    stride: int
    padding: int = 0
    ceil: bool = False
    dims: int = 2

    def sliding(self) -> Window:
        """The window, without what it computes."""
        return Window(self.kernel, self.stride, self.padding, ceil=self.ceil)

    def after(self, shape: Shape) -> Shape:
        return (shape[0], *self.sliding().slide(self, shape))

    def dilated(self, step: int, keeps_size: bool) -> Layer | None:
        if step > 1 and self.kernel > 1:
            return None
        return replace(self, stride=1) if keeps_size else self

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        return Kept(input=True, extra=INDEX * prod(after) if self.kind == "max" else 0)

    def window(self, before: Shape, axis: int = 0) -> tuple[int, int]:
        return self.kernel, self.stride

    def remarks(self, shape: Shape, place: Place) -> Iterator[Diagnostic]:
        return self.sliding().remarks(f"{self.kind} pooling", shape, place)

    def fused_step(self) -> LayerStep | None:
        plain = (self.ceil, self.dims) == (False, 2)
        step = LayerStep(self.kind, (self.kernel, self.stride, self.padding))
        return step if plain else None

    def text(self) -> str:
        window = self.sliding().text(usual_stride=self.kernel)
        return f"{self.kind}-pool/{window}"

    def words(self) -> str:
        stride = f" / {self.stride}" if self.stride != self.kernel else ""
        return self.summary() + stride + (" rounded up" if self.ceil else "")

    def summary(self) -> str:
        return f"{self.kind} pool {kernel_text(self.kernel, self.dims)}"

    def names(self) -> frozenset[str]:
        return frozenset({self._function()})

    def call(self, x: str, numbers: Numbers) -> str:
        stride = f", stride={self.stride}" if self.stride != self.kernel else ""
        padding = f", padding={self.padding}" if self.padding else ""
        ceil = ", ceil_mode=True" if self.ceil else ""
        return f"{self._function()}({x}, {self.kernel}{stride}{padding}{ceil})"

    def describe(self, numbers: Numbers) -> str:
        rounded = ", size rounded up" if self.ceil else ""
        return f"{kernel_text(self.kernel, self.dims)} {self.kind} pool{rounded}"

    def _function(self) -> str:
        return f"functional.{'avg' if self.kind == 'average' else 'max'}_pool{self.dims}d"
