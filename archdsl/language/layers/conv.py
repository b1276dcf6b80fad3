"""The word for a convolution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from archdsl.language.layers.words import LayerWords
from archdsl.language.sizes import Kernel, SidePadding, Sizes
from archdsl.language.values import PerStage, Size, Width


class Conv(LayerWords):
    """A convolution over the spatial dimensions. Padding keeps the size unless it is given."""

    layer: Literal["conv"] = "conv"
    shorthand: ClassVar[str | None] = "width"
    width: Width = Field(description="channels it makes")
    kernel: Kernel = Field(3, description="size of the kernel; 1x7 is 1 high and 7 wide")
    stride: Size | None = Field(
        None, description="step; the first conv of a unit that writes none takes the stage's"
    )
    padding: SidePadding | None = Field(
        None,
        description="zeros around, 0x3 for none above and 3 beside; if not given, those that keep "
        "the size",
    )
    dilation: Size = Field(1, description="distance between the pixels that the kernel reads")
    groups: Width = Field(1, description="groups of channels that are convolved separately")
    bias: bool = Field(
        False, description="whether the convolution adds a learned number to each channel"
    )
    keys_since: ClassVar[Mapping[str, int]] = {"dilation": 2}

    def needs(self) -> Mapping[str, int]:
        """Return the version that each key needs: sizes were one number in version 1."""
        newer = {key: 2 for key in ("kernel", "padding") if _several(getattr(self, key))}
        return {**self.keys_since, **newer}

    def step(self) -> Any:
        """Return the stride, as it is written."""
        return self.stride

    def takes_stride(self) -> bool:
        """Return whether no stride is written."""
        return self.stride is None


def _several(sides: Any) -> bool:
    """Return whether sizes are written with a number for each dimension."""
    entries = sides.entries if isinstance(sides, PerStage) else (sides,)
    return any(isinstance(entry, Sizes) for entry in entries)
