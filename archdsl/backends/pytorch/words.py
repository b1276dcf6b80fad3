"""Numbers, terms and layers as the words of docstrings and arguments."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.codegen.columns import Term
from archdsl.codegen.modules import LayerTemplate
from archdsl.ir.ops import (
    Activation,
    Conv,
    Dropout,
    Flatten,
    Layer,
    Linear,
    Norm,
    Pad,
    Pool,
    PoolTo,
)

NAMES = {"relu": "ReLU", "gelu": "GELU", "silu": "SiLU"}


def term(term: Term) -> str:
    """`24`, `channels`, `4 * width`, `channels // 2`."""
    if term.number is not None:
        return str(term.number)
    if term.times > 1:
        return f"{term.times} * {term.parameter}"
    return f"{term.parameter} // {term.over}" if term.over > 1 else term.parameter


def chain(layers: Sequence[LayerTemplate]) -> str:
    """Layers in a row: `Norm, ReLU, 1x1 convolution to 48, norm, ReLU, 3x3 convolution`."""
    text = ", ".join(_layer(layer) for layer in layers) or "nothing"
    return f"{text[:1].upper()}{text[1:]}."


def _layer(template: LayerTemplate) -> str:
    layer: Layer = template.layer
    match layer:
        case Norm():
            return "norm"
        case Activation(function=function):
            return NAMES[function]
        case Conv(kernel=kernel):
            return f"{kernel}x{kernel} convolution to {term(template.terms['width'])}"
        case Linear():
            return f"linear to {term(template.terms['width'])}"
        case Pool(kind=kind, kernel=kernel):
            return f"{kernel}x{kernel} {kind} pool"
        case PoolTo(kind=kind, side=side):
            return f"{kind} pool to {side}x{side}"
        case Dropout():
            return f"dropout of {term(template.terms['p'])}"
        case Flatten():
            return "flatten"
        case Pad(stride=stride):
            places = f"one place in {stride}, " if stride > 1 else ""
            return f"{places}zeros up to {term(template.terms['width'])} channels"
    raise AssertionError(layer)
