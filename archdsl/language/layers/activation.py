"""The words for activation functions."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.layers.words import LayerWords
from archdsl.language.values import Real

ActivationWord = Literal["relu", "gelu", "silu"]


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


class Relu6(LayerWords):
    """min(max(x, 0), 6)."""

    layer: Literal["relu6"] = "relu6"
    bare: ClassVar[bool] = True
    since: ClassVar[int] = 2


class Relu2(LayerWords):
    """The square of max(x, 0)."""

    layer: Literal["relu2"] = "relu2"
    bare: ClassVar[bool] = True
    since: ClassVar[int] = 2


class Sigmoid(LayerWords):
    """1 / (1 + exp(-x))."""

    layer: Literal["sigmoid"] = "sigmoid"
    bare: ClassVar[bool] = True
    since: ClassVar[int] = 2


class Tanh(LayerWords):
    """The hyperbolic tangent of x."""

    layer: Literal["tanh"] = "tanh"
    bare: ClassVar[bool] = True
    since: ClassVar[int] = 2


class Hardsigmoid(LayerWords):
    """x / 6 + 1 / 2, at least 0 and at most 1."""

    layer: Literal["hardsigmoid"] = "hardsigmoid"
    bare: ClassVar[bool] = True
    since: ClassVar[int] = 2


class Hardswish(LayerWords):
    """x times hardsigmoid of x."""

    layer: Literal["hardswish"] = "hardswish"
    bare: ClassVar[bool] = True
    since: ClassVar[int] = 2


class Mish(LayerWords):
    """x times tanh(log(1 + exp(x)))."""

    layer: Literal["mish"] = "mish"
    bare: ClassVar[bool] = True
    since: ClassVar[int] = 2


class Leaky(LayerWords):
    """x where it is positive, else the slope times x."""

    layer: Literal["leaky"] = "leaky"
    bare: ClassVar[bool] = True
    shorthand: ClassVar[str | None] = "slope"
    since: ClassVar[int] = 2
    slope: Real = Field(0.01, description="factor of negative numbers")


class Prelu(LayerWords):
    """x where it is positive, else a learned factor times x."""

    layer: Literal["prelu"] = "prelu"
    bare: ClassVar[bool] = True
    shorthand: ClassVar[str | None] = "per"
    since: ClassVar[int] = 2
    per: Literal["layer", "channel"] = Field(
        "layer", description="one factor for the whole layer, or one for each channel"
    )
