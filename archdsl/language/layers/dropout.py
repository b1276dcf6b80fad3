"""The word for dropout."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.layers.words import LayerWords
from archdsl.language.values import Chance


class Dropout(LayerWords):
    """Zeroes elements with probability p in training; with 0 the layer is omitted."""

    layer: Literal["dropout"] = "dropout"
    shorthand: ClassVar[str | None] = "p"
    p: Chance = Field(description="probability with which an element is zero in training")
