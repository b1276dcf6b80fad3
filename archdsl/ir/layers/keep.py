"""A slice of the channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archdsl.counted import inflected
from archdsl.errors import fail
from archdsl.ir.layers.layer import Layer, Numbers, Shape
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class Keep(Layer):
    """`width` neighbouring channels from channel `start`, counted from 0."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.Keep,)
    varying: ClassVar[tuple[str, ...]] = ("start", "width")
    view: ClassVar[bool] = True
    rearranges: ClassVar[bool] = True
    start: int
    width: int

    @classmethod
    def of(cls, word: words.Keep, name: str, shape: Shape, stride: int) -> Keep:
        """The slice for a word. Raises ArchdslError (A101)."""
        if word.start + word.width > shape[0]:
            last = word.start + word.width - 1
            raise fail(
                "A101", f"`keep` ends at channel {last}, but its input ends at {shape[0] - 1}"
            )
        return cls(word.start, word.width)

    def chooses_inputs(self) -> bool:
        return False

    def after(self, shape: Shape) -> Shape:
        return (self.width, *shape[1:])

    def makes(self) -> int:
        return self.width

    def text(self) -> str:
        return f"keep:{self.start}+{self.width}"

    def words(self) -> str:
        return f"channels {self.start} to {self.start + self.width - 1}"

    def call(self, x: str, numbers: Numbers) -> str:
        return f"{x}.narrow(1, {numbers['start']}, {numbers['width']})"

    def describe(self, numbers: Numbers) -> str:
        return (
            f"{numbers['width']} {inflected(numbers['width'], 'channel')} from {numbers['start']}"
        )
