"""Numbers, terms and layers as the words of docstrings and arguments."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.codegen.columns import Term
from archdsl.codegen.modules import LayerTemplate


def term(term: Term) -> str:
    """Return a number as an expression: `24`, `channels`, `4 * width`, `channels // 2`."""
    if term.number is not None:
        return str(term.number)
    if term.times > 1:
        return f"{term.times} * {term.parameter}"
    return f"{term.parameter} // {term.over}" if term.over > 1 else term.parameter


def kernel(template: LayerTemplate) -> str:
    """Return the size of a convolution's kernel: `3x3`, or `kernel x kernel` for an argument."""
    sides = template.layer.kernel_sides() or ()
    own = template.terms.get("kernel")
    if own is not None and own.parameter:
        return " x ".join([term(own)] * len(sides))
    return "x".join(map(str, sides))


def chain(layers: Sequence[LayerTemplate]) -> str:
    """Return layers as text: `Norm, ReLU, 1x1 convolution to 48, norm, 3x3 convolution`."""
    text = ", ".join(_layer(layer) for layer in layers) or "nothing"
    return f"{text[:1].upper()}{text[1:]}."


def _layer(template: LayerTemplate) -> str:
    numbers = {name: term(value) for name, value in template.terms.items()}
    return template.layer.describe(numbers)
