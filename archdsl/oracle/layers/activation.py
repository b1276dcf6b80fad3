"""Activation functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor
from torch.nn import functional

from archdsl.ir.layers import Activation

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "silu": functional.silu,
}


def activation(layer: Activation, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """The function of each element."""
    return FUNCTIONS[layer.function](x)
