"""Activation functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from archdsl.ir.layers import Activation

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "relu6": lambda x: x.clamp(0, 6),
    "relu2": lambda x: x.clamp(min=0) ** 2,
    "sigmoid": lambda x: functional.logsigmoid(x).exp(),
    "tanh": torch.tanh,
    "hardsigmoid": functional.hardsigmoid,
    "hardswish": lambda x: x * (x / 6 + 0.5).clamp(0, 1),
    "mish": lambda x: x * torch.tanh(torch.logaddexp(x, torch.zeros_like(x))),
}


def activation(layer: Activation, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return the function of each element.

    Sigmoid and mish avoid `exp` of large numbers: with infinity, their gradients would be NaN.
    Hardsigmoid is torch's own. Its values are those of clamp(x / 6 + 1 / 2, 0, 1), but torch
    multiplies float64 gradients by a float32 1/6, which is off by 3e-8 (measured with torch 2.13).
    The plain formula would exceed the tolerance of 1e-9 wherever the layer is used.

    Args:
        layer: names the function, a key of `FUNCTIONS`.
        x: a tensor of any shape.
        own: not used; an activation has no weights.
        training: not used.
    """
    return FUNCTIONS[layer.function](x)
