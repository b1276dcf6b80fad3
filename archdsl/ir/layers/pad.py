"""A shortcut without weights: strided pixels, and channels of zeros."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from archdsl.counted import inflected
from archdsl.ir.layers.layer import Layer, Numbers, Shape
from archdsl.ir.layers.windows import need_map


@dataclass(frozen=True, slots=True)
class Pad(Layer):
    """Every `stride`-th pixel, and channels of zeros after the others up to `width`."""

    varying: ClassVar[tuple[str, ...]] = ("width", "stride")
    width: int
    stride: int
    dims: int = 2

    def after(self, shape: Shape) -> Shape:
        need_map(self, shape)
        return (self.width, *(-(-size // self.stride) for size in shape[1:]))

    def dilated(self, step: int, keeps_size: bool) -> Pad:
        return replace(self, stride=1) if keeps_size else self

    def makes(self) -> int:
        return self.width

    def window(self, before: Shape, axis: int = 0) -> tuple[int, int]:
        return 1, self.stride

    def text(self) -> str:
        return f"pad:{self.width}" + (f"/s{self.stride}" if self.stride > 1 else "")

    def words(self) -> str:
        return f"pad to {self.width:,}" + (f" / {self.stride}" if self.stride > 1 else "")

    def names(self) -> frozenset[str]:
        return frozenset({"functional.pad"})

    def call(self, x: str, numbers: Numbers) -> str:
        return self._padded(self._strided(x, numbers), x, numbers)

    def split_call(self, x: str, numbers: Numbers) -> tuple[str, ...]:
        return self._strided(x, numbers), self._padded("x", "x", numbers)

    def describe(self, numbers: Numbers) -> str:
        sampled = f"subsampled by {self.stride}, " if self.stride > 1 else ""
        return (
            f"{sampled}zero-padded to {numbers['width']} {inflected(numbers['width'], 'channel')}"
        )

    def _padded(self, strided: str, x: str, numbers: Numbers) -> str:
        """`strided`, which has the channels of `x`, with zeros after them."""
        zeros = "0, " * (2 * self.dims + 1)
        return f"functional.pad({strided}, ({zeros}{numbers['width']} - {x}.shape[1]))"

    def _strided(self, x: str, numbers: Numbers) -> str:
        stride = numbers["stride"]
        step = f"::{stride}" if stride.isdigit() else f":: {stride}"
        return f"{x}[:, :, {', '.join([step] * self.dims)}]" if stride != "1" else x
