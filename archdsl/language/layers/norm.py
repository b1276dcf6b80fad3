"""The word for normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from archdsl.language.layers.words import LayerWords
from archdsl.language.values import Bounds, Width


class Norm(LayerWords):
    """Normalisation with a learned scale and, except for `rms`, a shift; batch norm if bare."""

    layer: Literal["norm"] = "norm"
    bare: ClassVar[bool] = True
    shorthand: ClassVar[str | None] = "kind"
    keys_since: ClassVar[Mapping[str, int]] = {"kind": 2, "groups": 2, "eps": 2}
    kind: Literal["batch", "layer", "group", "rms", "instance"] = Field(
        "batch",
        description="batch: over batch and pixels; layer, rms: over a pixel's channels; "
        "group: over groups of channels and all pixels; instance: over the pixels of a channel",
    )
    groups: Width | None = Field(None, description="number of groups; only for the kind `group`")
    eps: Annotated[float, Bounds(0, 1, whole=False)] = Field(
        1e-5, description="added to the variance before its root"
    )
