"""The words for activation functions."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.layers.words import LayerWords
from archdsl.language.values import Real

ActivationWord = Literal["relu", "gelu", "silu"]


class Function(LayerWords):
    """An activation without numbers; its word is the name of its function."""

    bare: ClassVar[bool] = True
    since: ClassVar[int] = 2


class Relu(Function):
    """max(x, 0)."""

    since: ClassVar[int] = 1
    layer: Literal["relu"] = "relu"


class Gelu(Function):
    """x times the normal distribution function of x."""

    since: ClassVar[int] = 1
    layer: Literal["gelu"] = "gelu"


class Silu(Function):
    """x times the logistic function of x."""

    since: ClassVar[int] = 1
    layer: Literal["silu"] = "silu"


class Relu6(Function):
    """min(max(x, 0), 6)."""

    layer: Literal["relu6"] = "relu6"


class Relu2(Function):
    """The square of max(x, 0)."""

    layer: Literal["relu2"] = "relu2"


class Sigmoid(Function):
    """1 / (1 + exp(-x))."""

    layer: Literal["sigmoid"] = "sigmoid"


class Tanh(Function):
    """The hyperbolic tangent of x."""

    layer: Literal["tanh"] = "tanh"


class Hardsigmoid(Function):
    """x / 6 + 1 / 2, at least 0 and at most 1."""

    layer: Literal["hardsigmoid"] = "hardsigmoid"


class Hardswish(Function):
    """x times hardsigmoid of x."""

    layer: Literal["hardswish"] = "hardswish"


class Mish(Function):
    """x times tanh(log(1 + exp(x)))."""

    layer: Literal["mish"] = "mish"


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
