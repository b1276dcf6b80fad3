"""Channel shuffle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archdsl.counted import counted, inflected
from archdsl.errors import fail
from archdsl.ir.layers.layer import Layer, Numbers, Shape
from archdsl.ir.layers.windows import need_map
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class Shuffle(Layer):
    """The first channel of each of `groups` groups, then the second of each, and so on."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.Shuffle,)
    varying: ClassVar[tuple[str, ...]] = ("groups",)
    rearranges: ClassVar[bool] = True
    groups: int

    @classmethod
    def of(cls, word: words.Shuffle, name: str, shape: Shape, stride: int) -> Shuffle:
        """The layer for a word. Raises ArchdslError (A215)."""
        if shape[0] % word.groups:
            raise fail(
                "A215",
                f"{word.groups} groups do not divide the {counted(shape[0], 'channel')} "
                "it is given",
            )
        return cls(word.groups)

    def chooses_inputs(self) -> bool:
        return False  # groups divide the number of input channels

    def after(self, shape: Shape) -> Shape:
        need_map(self, shape)
        return shape

    def text(self) -> str:
        return f"shuffle:{self.groups}"

    def words(self) -> str:
        return f"channel shuffle of {counted(self.groups, 'group')}"

    def names(self) -> frozenset[str]:
        return frozenset({"functional.channel_shuffle"})

    def call(self, x: str, numbers: Numbers) -> str:
        return f"functional.channel_shuffle({x}, {numbers['groups']})"

    def describe(self, numbers: Numbers) -> str:
        return f"channel shuffle of {numbers['groups']} {inflected(numbers['groups'], 'group')}"
