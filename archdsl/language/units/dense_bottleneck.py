"""`{kind: dense-bottleneck}`: 1x1 to `inner`, then k x k to `width`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.layers import Conv, LayerWords
from archdsl.language.unit import ConvUnit
from archdsl.language.values import Size, Width


class DenseBottleneck(ConvUnit):
    """DenseNet-B's and SparseNet-B's layer (Huang et al. 2016): two convolutions."""

    convs: ClassVar[int] = 2
    kind: Literal["dense-bottleneck"]
    width: Width = Field(description="output channels")
    inner: Width | None = Field(None, description="channels between; 4 * width if not given")
    kernel: Size = Field(3, description="side of the second convolution's kernel")

    def layers(self, stride: int) -> tuple[LayerWords, ...]:
        """conv 1x1 to `inner`, conv k x k to `width`."""
        squeeze = Conv(width=self.inner or 4 * self.width, kernel=1, stride=1, bias=self.bias)
        spread = Conv(width=self.width, kernel=self.kernel, stride=stride, bias=self.bias)
        return self.chain([squeeze, spread])
