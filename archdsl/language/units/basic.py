"""`{kind: basic}`: one convolution."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.layers import Conv, LayerWords
from archdsl.language.unit import ConvUnit
from archdsl.language.values import Size, Width


class Basic(ConvUnit):
    """One k x k convolution (DenseNet without bottleneck, VGG)."""

    convs: ClassVar[int] = 1
    kind: Literal["basic"]
    width: Width = Field(description="output channels")
    kernel: Size = Field(3, description="side of the kernel")
    groups: Width = Field(1, description="groups of channels that are convolved separately")

    def layers(self, stride: int) -> tuple[LayerWords, ...]:
        """conv k x k."""
        conv = Conv(
            width=self.width, kernel=self.kernel, stride=stride, groups=self.groups, bias=self.bias
        )
        return self.chain([conv])
