"""The word for upsampling."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from archdsl.language.layers.words import LayerWords
from archdsl.language.values import Bounds


class Upsample(LayerWords):
    """A map `by` times as large along each dimension, without weights."""

    layer: Literal["upsample"] = "upsample"
    shorthand: ClassVar[str | None] = "by"
    since: ClassVar[int] = 2
    by: Annotated[int, Bounds(2, 31)] = Field(description="factor along each spatial dimension")
    kind: Literal["nearest", "linear"] = Field(
        "nearest",
        description="nearest: each pixel is repeated; linear: interpolated along each dimension, "
        "bilinear for images",
    )
