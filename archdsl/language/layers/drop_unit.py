"""The word for stochastic depth."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.layers.words import LayerWords
from archdsl.language.values import Chance


class DropUnit(LayerWords):
    """Stochastic depth: zeroes whole samples in training; with a p of 0 the layer is omitted."""

    layer: Literal["drop_unit"] = "drop_unit"
    shorthand: ClassVar[str | None] = "p"
    since: ClassVar[int] = 2
    p: Chance = Field(description="probability with which a sample is zeroed")
