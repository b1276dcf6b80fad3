"""`mirror`: half of the images are flipped from left to right."""

from __future__ import annotations

from typing import ClassVar, Literal

from archdsl.apps.train.words.word import AugmentWords


class Mirror(AugmentWords):
    """Half of the images are flipped from left to right."""

    draws: ClassVar[int] = 1

    kind: Literal["mirror"]

    def code(self) -> str:
        """The expression."""
        return "mirror(images, draws)"
