"""Channels by a learned index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archdsl.counted import counted, inflected
from archdsl.errors import fail
from archdsl.ir.layers.layer import Numbers, Shape, Weighted
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class Select(Weighted):
    """The channels that the buffer `index`, `width` numbers of int64, names in order."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.Select,)
    varying: ClassVar[tuple[str, ...]] = ("width",)
    rearranges: ClassVar[bool] = True
    width: int

    @classmethod
    def of(cls, word: words.Select, name: str, shape: Shape, stride: int) -> Select:
        """The layer for a word. Raises ArchdslError (A101)."""
        if word.width > shape[0]:
            raise fail(
                "A101", f"`select` takes {word.width} of only {counted(shape[0], 'channel')}"
            )
        return cls(name, word.width)

    def after(self, shape: Shape) -> Shape:
        return (self.width, *shape[1:])

    def makes(self) -> int:
        return self.width

    def statistics(self) -> dict[str, Shape]:
        return {"index": (self.width,)}

    def text(self) -> str:
        return f"{self.name}:{self.width}"

    def words(self) -> str:
        return f"select {counted(self.width, 'channel')}"

    def helper(self) -> tuple[str, str]:
        return "select_channels", "SelectChannels"

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        return "SelectChannels", [numbers["width"]]

    def describe(self, numbers: Numbers) -> str:
        return f"{numbers['width']} selected {inflected(numbers['width'], 'channel')}"
