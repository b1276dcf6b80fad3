"""`shift`: images are moved by up to some pixels. Pixels that come in are 0, the mean."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.apps.train.words.numbers import Pixels
from archdsl.apps.train.words.word import AugmentWords


class Shift(AugmentWords):
    """Images are moved by up to some pixels, down or up and right or left."""

    draws: ClassVar[int] = 2
    shorthand: ClassVar[str | None] = "pixels"

    kind: Literal["shift"]
    pixels: Pixels = Field(4, description="the most pixels in each direction")

    def code(self) -> str:
        """The expression."""
        return f"shift(images, draws, {self.pixels})"
