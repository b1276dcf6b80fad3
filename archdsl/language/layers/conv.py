"""The word for a convolution."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from archdsl.language.layers.words import LayerWords
from archdsl.language.values import Padding, Size, Width


class Conv(LayerWords):
    """A convolution over two spatial dimensions. Padding keeps the size unless it is given."""

    layer: Literal["conv"] = "conv"
    shorthand: ClassVar[str | None] = "width"
    width: Width = Field(description="channels it makes")
    kernel: Size = Field(3, description="side of the square kernel")
    stride: Size | None = Field(
        None, description="step; the first conv of a unit that writes none takes the stage's"
    )
    padding: Padding | None = Field(None, description="zeros around; (kernel - 1) / 2 if not given")
    groups: Width = 1
    bias: bool = False

    def step(self) -> Any:
        """Return the stride, as it is written."""
        return self.stride

    def takes_stride(self) -> bool:
        """Return whether no stride is written."""
        return self.stride is None
