"""The primitive layers that units, stems, transitions and heads are lists of.

Written as a word (`norm`), or a word and its numbers (`conv: {width: 64, kernel: 3}`). What a layer
is in a network, with shapes and costs, is in `archdsl/ir/layers/`; a layer that a user defines is a
subclass of `archdsl.Layer`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from archdsl.language.values import Chance, Padding, Size, Width, Words

ActivationWord = Literal["relu", "gelu", "silu"]


class LayerWords(Words):
    """One primitive layer as a spec writes it; `layer` holds its word."""

    layer: str
    bare: ClassVar[bool] = False
    """Whether the word may stand alone, without numbers."""

    def step(self) -> Any:
        """Return how far apart the windows are, as it is written; None without a window."""
        return None

    def takes_stride(self) -> bool:
        """Return whether the layer takes the stage's stride, because it states none itself."""
        return False


class Conv(LayerWords):
    """A convolution over two spatial dimensions. Padding keeps the size unless it is given."""

    layer: Literal["conv"] = "conv"
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


class Norm(LayerWords):
    """Batch normalisation with scale and shift."""

    layer: Literal["norm"] = "norm"
    bare: ClassVar[bool] = True


class Relu(LayerWords):
    """max(x, 0)."""

    layer: Literal["relu"] = "relu"
    bare: ClassVar[bool] = True


class Gelu(LayerWords):
    """x times the normal distribution function of x."""

    layer: Literal["gelu"] = "gelu"
    bare: ClassVar[bool] = True


class Silu(LayerWords):
    """x times the logistic function of x."""

    layer: Literal["silu"] = "silu"
    bare: ClassVar[bool] = True


class Dropout(LayerWords):
    """Zeroes elements with probability p in training; a p of 0 is no layer at all."""

    layer: Literal["dropout"] = "dropout"
    shorthand: ClassVar[str | None] = "p"
    p: Chance


class Pool(LayerWords):
    """Pooling with a window, or `to` a fixed size that is at most the size of the map."""

    layer: Literal["pool"] = "pool"
    kind: Literal["average", "max"] = "average"
    kernel: Size | None = None
    stride: Size | None = Field(None, description="step; the kernel if not given")
    padding: Padding = 0
    to: Size | None = Field(None, description="side of the square map that is left")

    def step(self) -> Any:
        """Return the stride, as it is written; that of a pool that states none is its kernel."""
        return self.kernel if self.stride is None else self.stride


class Flatten(LayerWords):
    """A map of c channels and h x w places becomes c * h * w features."""

    layer: Literal["flatten"] = "flatten"
    bare: ClassVar[bool] = True


class Linear(LayerWords):
    """A fully connected layer over flat features."""

    layer: Literal["linear"] = "linear"
    width: Width = Field(description="features it makes, such as the number of classes")
    bias: bool = True


LAYERS: tuple[type[LayerWords], ...] = (
    Conv, Norm, Relu, Gelu, Silu, Dropout, Pool, Flatten, Linear,
)  # fmt: skip

Order = Annotated[
    Literal["pre", "post"],
    Field(description="pre: norm, relu, conv; post: conv, norm, relu"),
]
