"""A shortcut without weights: strided pixels, and channels of zeros."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archdsl.ir.layers.layer import Layer, Shape
from archdsl.ir.layers.windows import need_map


@dataclass(frozen=True, slots=True)
class Pad(Layer):
    """Every `stride`-th pixel, and channels of zeros after the others up to `width`."""

    varying: ClassVar[tuple[str, ...]] = ("width", "stride")
    width: int
    stride: int

    def after(self, shape: Shape) -> Shape:
        need_map(self, shape)
        return (self.width, *(-(-size // self.stride) for size in shape[1:]))

    def makes(self) -> int:
        return self.width

    def window(self, before: Shape) -> tuple[int, int]:
        return 1, self.stride

    def text(self) -> str:
        return f"pad:{self.width}" + (f"/s{self.stride}" if self.stride > 1 else "")

    def words(self) -> str:
        return f"pad to {self.width:,}" + (f" / {self.stride}" if self.stride > 1 else "")
