"""The words for activation functions."""

from __future__ import annotations

from typing import ClassVar, Literal

from archdsl.language.layers.words import LayerWords

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
