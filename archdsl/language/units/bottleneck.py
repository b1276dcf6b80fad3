"""`{kind: bottleneck}`: 1x1 down, k x k, 1x1 up."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.layers import Conv, LayerWords
from archdsl.language.unit import ConvUnit
from archdsl.language.values import Size, Width


class Bottleneck(ConvUnit):
    """ResNet's bottleneck (He et al. 2015): three convolutions, the middle one narrow."""

    convs: ClassVar[int] = 3
    kind: Literal["bottleneck"]
    inner: Width = Field(description="channels between the 1x1 convolutions")
    width: Width | None = Field(None, description="channels it makes; 4 * inner if not given")
    kernel: Size = Field(3, description="side of the middle convolution's kernel")
    groups: Width = Field(1, description="groups of the middle convolution")
    stride_at: Literal["conv1", "conv2"] = Field(
        "conv2", description="which convolution strides: conv1 as He et al., conv2 as torchvision"
    )

    def layers(self, stride: int) -> tuple[LayerWords, ...]:
        """conv 1x1 to `inner`, conv k x k to `inner`, conv 1x1 to `width`."""
        first, second = (stride, 1) if self.stride_at == "conv1" else (1, stride)
        reduce = Conv(width=self.inner, kernel=1, stride=first, bias=self.bias)
        middle = Conv(
            width=self.inner,
            kernel=self.kernel,
            stride=second,
            groups=self.groups,
            bias=self.bias,
        )
        expand = Conv(width=self.width or 4 * self.inner, kernel=1, stride=1, bias=self.bias)
        return self.chain([reduce, middle, expand])
