"""Names of classes: what the field calls a chain of layers, and no name twice."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.ir.layers.block import Block
from archdsl.ir.layers.layer import every
from archdsl.ir.ops import Layer, Weighted

ROLES = {
    "stem": "Stem",
    "between": "Transition",
    "head": "Head",
    "projection": "Projection",
    "entry": "Entry",
    "carry": "Carry",
}


BLOCKS = {
    "gate": "Gate",
    "residual": "Residual",
    "parallel": "Branches",
    "block": "Block",
    "nest": "Level",
}


def block_title(block: Block) -> str:
    """The name of a block's class; a gate that begins with the mean of the map has a name."""
    if block.word == "nest" and not any(
        isinstance(x, Block) and x.apart for x in every(block.inside())
    ):
        return "Bottom"
    first = block.inside()[:1]
    squeezes = block.word == "gate" and any(layer.text().endswith("pool:1x1") for layer in first)
    return "SqueezeExcitation" if squeezes else BLOCKS.get(block.word, "Block")


def free(name: str, taken: set[str]) -> str:
    """Return `Unit`, or `Unit2`, `Unit3`, ... if that is taken; the name is then taken too.

    Args:
        name: the name to start from.
        taken: names in use; the result is added.
    """
    chosen, count = name, 1
    while chosen in taken:
        count += 1
        chosen = f"{name}{count}"
    taken.add(chosen)
    return chosen


def title(role: str, layers: Sequence[Layer], projection: str | None, *, concatenated: bool) -> str:
    """Return a class name for a chain by its form, as the literature calls it.

    As in ResNet, two 3x3 convolutions are a `BasicBlock` and 1x1, 3x3 (and 1x1) a `Bottleneck`.
    As in DenseNet, a 3x3 convolution, alone or after a 1x1 convolution, is a `DenseLayer` if its
    output is concatenated with others. Another single convolution is a `ConvBlock`. A unit that
    also holds a projection is an `Entry...`.

    Args:
        role: what the chain is: `unit`, `stem`, `between`, `head`, `projection`, ...
        layers: the layers of the chain.
        projection: name of the class of its projection, if it has one.
        concatenated: whether its output is concatenated with others.
    """
    if role == "projection" and not any(isinstance(layer, Weighted) for layer in layers):
        return "Padding"
    if role in ROLES:
        return ROLES[role]
    kernels = [max(sides) for layer in layers if (sides := layer.kernel_sides())]
    wide = [kernel for kernel in kernels if kernel > 1]
    name = "Unit"
    if len(kernels) == 1:
        name = "DenseLayer" if concatenated else "ConvBlock"
    elif len(kernels) in {2, 3} and len(wide) == 1 and kernels[0] == 1:
        name = "DenseLayer" if concatenated and len(kernels) == 2 else "Bottleneck"
    elif len(kernels) == len(wide) == 2:
        name = "BasicBlock"
    return f"Entry{name}" if projection else name
