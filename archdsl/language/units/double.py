"""`{kind: double}`: two convolutions of the same kernel."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.layers import Conv, LayerWords
from archdsl.language.unit import ConvUnit
from archdsl.language.values import Size, Width


class Double(ConvUnit):
    """Two k x k convolutions (ResNet-18 and -34, Wide ResNet). The stride is on the first."""

    convs: ClassVar[int] = 2
    kind: Literal["double"]
    inner: Width = Field(description="channels between the two convolutions")
    width: Width | None = Field(None, description="output channels; `inner` if not given")
    kernel: Size = Field(3, description="side of the kernel")
    groups: Width = Field(1, description="groups of channels that are convolved separately")

    def layers(self, stride: int) -> tuple[LayerWords, ...]:
        """conv k x k to `inner`, conv k x k to `width` (`inner` if not given)."""
        return self.chain(
            [
                Conv(
                    width=width,
                    kernel=self.kernel,
                    stride=step,
                    groups=self.groups,
                    bias=self.bias,
                )
                for width, step in ((self.inner, stride), (self.width or self.inner, 1))
            ]
        )
