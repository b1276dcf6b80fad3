"""Pooling with a window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from archdsl.errors import Diagnostic, Place
from archdsl.ir.layers.layer import Kept, Layer, Numbers, Shape
from archdsl.ir.layers.windows import slide, window_remarks, window_text
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

    def after(self, shape: Shape) -> Shape:
        return (shape[0], *slide(self, shape, self.kernel, self.stride, self.padding))

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        return Kept(input=True, extra=INDEX * prod(after) if self.kind == "max" else 0)

    def window(self, before: Shape) -> tuple[int, int]:
        return self.kernel, self.stride

    def remarks(self, shape: Shape, place: Place) -> Iterator[Diagnostic]:
        kind = f"{self.kind} pooling"
        return window_remarks(kind, self.kernel, self.stride, self.padding, shape, place)

    def fused_step(self) -> LayerStep:
        return LayerStep(self.kind, (self.kernel, self.stride, self.padding))

    def text(self) -> str:
        window = window_text(self.kernel, self.stride, self.padding, usual_stride=self.kernel)
        return f"{self.kind}-pool/{window}"

    def words(self) -> str:
        return self.summary() + (f" / {self.stride}" if self.stride != self.kernel else "")

    def summary(self) -> str:
        return f"{self.kind} pool {self.kernel}x{self.kernel}"

    def names(self) -> frozenset[str]:
        return frozenset({self._function()})

    def call(self, x: str, numbers: Numbers) -> str:
        stride = f", stride={self.stride}" if self.stride != self.kernel else ""
        padding = f", padding={self.padding}" if self.padding else ""
        return f"{self._function()}({x}, {self.kernel}{stride}{padding})"

    def describe(self, numbers: Numbers) -> str:
        return f"{self.kernel}x{self.kernel} {self.kind} pool"

    def _function(self) -> str:
        return f"functional.{'avg' if self.kind == 'average' else 'max'}_pool2d"
