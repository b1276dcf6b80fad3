"""The word for layer scale."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.layers.words import LayerWords
from archdsl.language.values import Real


class Scale(LayerWords):
    """Layer scale: a learned factor for each channel (Touvron et al. 2021)."""

    layer: Literal["scale"] = "scale"
    shorthand: ClassVar[str | None] = "init"
    since: ClassVar[int] = 2
    init: Real = Field(description="value of every factor before training, such as 1e-6")
