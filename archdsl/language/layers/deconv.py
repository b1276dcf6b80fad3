"""The word for a transposed convolution."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from archdsl.language.layers.words import LayerWords
from archdsl.language.sizes import Kernel, SidePadding
from archdsl.language.values import Bounds, Size, Width


class Deconv(LayerWords):
    """A transposed convolution; a map becomes `stride` times as large unless `padding` is given."""

    layer: Literal["deconv"] = "deconv"
    shorthand: ClassVar[str | None] = "width"
    since: ClassVar[int] = 2
    width: Width = Field(description="channels it makes")
    kernel: Kernel = Field(2, description="size of the kernel; 1x7 is 1 high and 7 wide")
    stride: Size = Field(2, description="pixels of the result between those of the input")
    padding: SidePadding | None = Field(
        None, description="pixels cut off all around; if not given, sizes are multiplied by stride"
    )
    output_padding: Annotated[int, Bounds(0, 30)] | None = Field(
        None, description="rows and columns added at the end, below `stride`; with `padding` alone"
    )
    dilation: Size = Field(1, description="distance between the pixels that the kernel writes")
    groups: Width = Field(1, description="groups of channels that are convolved separately")
    bias: bool = Field(
        False, description="whether the convolution adds a learned number to each channel"
    )
