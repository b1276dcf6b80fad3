"""The word for a fully connected layer."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.layers.words import LayerWords
from archdsl.language.values import Width


class Linear(LayerWords):
    """A fully connected layer over flat features."""

    layer: Literal["linear"] = "linear"
    shorthand: ClassVar[str | None] = "width"
    width: Width = Field(description="features it makes, such as the number of classes")
    bias: bool = Field(True, description="whether a learned number is added to each feature")
