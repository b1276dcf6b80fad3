"""The word for pooling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from archdsl.language.layers.words import LayerWords
from archdsl.language.values import Padding, Size


class Pool(LayerWords):
    """Pooling with a window, or `to` a fixed size that is at most the size of the map."""

    layer: Literal["pool"] = "pool"
    kind: Literal["average", "max"] = Field(
        "average", description="average or maximum of each window"
    )
    kernel: Size | None = Field(
        None, description="side of the window; either this or `to` is needed"
    )
    stride: Size | None = Field(None, description="step; the kernel if not given")
    padding: Padding = Field(
        0, description="pixels added at each side, which an average counts as zeros"
    )
    ceil: bool = Field(
        False, description="round the size up, so that the last window may be cut off"
    )
    keys_since: ClassVar[Mapping[str, int]] = {"ceil": 2}
    to: Size | None = Field(None, description="side of the square map that is left")

    def step(self) -> Any:
        """Return the stride, as it is written; that of a pool that states none is its kernel."""
        return self.kernel if self.stride is None else self.stride
