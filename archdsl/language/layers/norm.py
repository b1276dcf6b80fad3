"""The word for normalisation."""

from __future__ import annotations

from typing import ClassVar, Literal

from archdsl.language.layers.words import LayerWords


class Norm(LayerWords):
    """Batch normalisation with scale and shift."""

    layer: Literal["norm"] = "norm"
    bare: ClassVar[bool] = True
