"""`erase`: a square of each image is set to 0, the mean (Cutout, DeVries and Taylor 2017)."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.apps.train.words.numbers import Pixels
from archdsl.apps.train.words.word import AugmentWords


class Erase(AugmentWords):
    """A square of each image is set to 0, the mean. Its center can be any pixel."""

    draws: ClassVar[int] = 2
    shorthand: ClassVar[str | None] = "pixels"

    kind: Literal["erase"]
    pixels: Pixels = Field(8, description="height and width of the square")

    def code(self) -> str:
        """The expression."""
        return f"erase(images, draws, {self.pixels})"
