"""The word for flattening."""

from __future__ import annotations

from typing import ClassVar, Literal

from archdsl.language.layers.words import LayerWords


class Flatten(LayerWords):
    """A map of c channels and h x w pixels becomes c * h * w features."""

    layer: Literal["flatten"] = "flatten"
    bare: ClassVar[bool] = True
