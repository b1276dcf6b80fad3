"""What is folded into what when a chain is run for inference: its layers to fewer steps.

Everything that stands around a convolution is part of one step. A norm and its ReLU before a 1x1
convolution can be bounds per channel, with the norm's scale and shift in the weights; not before a
larger one, whose padding would have to be shifted too. A norm after a convolution can be part of
its weights. An average pooling after a 1x1 convolution is done before it: both are linear, and it
is done on fewer places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archdsl.ir.layers.layer import Step
from archdsl.ir.ops import Layer

__all__ = ["FORK", "Step", "steps"]

FORK: Step = ("fork",)
"""Where the projection branches off.

Other steps: `conv`, its name, the norm before it with a ReLU or "", the (kernel, stride) of an
average pooling between these or (), the norm after it or "", whether a ReLU follows. `norm`, its
name, whether a ReLU follows. `layer`, a layer without weights, its numbers. `linear`, its name.
"""


def steps(layers: Sequence[Layer]) -> tuple[Step, ...] | None:
    """How a chain is run; None if it holds what is not folded, and is run as it is."""
    kept = [layer for layer in layers if not layer.training_only]
    return tuple(_steps(kept)) if all(layer.fused_step() for layer in kept) else None


def _steps(layers: Sequence[Layer]) -> Iterator[Step]:
    alone = [step for layer in layers if (step := layer.fused_step())]
    place = 0
    while place < len(layers):
        taken, step = _next(layers[place:], alone[place:])
        place += taken
        yield step


def _next(layers: Sequence[Layer], alone: Sequence[Step]) -> tuple[int, Step]:
    """The step that a chain begins with, and how many layers it takes.

    `alone` are the steps of the layers if nothing is folded.
    """
    match alone:
        case [("norm", str(before), _), ("layer", "relu"), ("conv", *_), *_] if layers[
            2
        ].pointwise():
            taken, step = _convolution(layers[2], alone[2:], before)
            return taken + 2, step
        case [("norm", name, _), ("layer", "relu"), *_]:
            return 2, ("norm", name, True)
        case [("conv", *_), *_]:
            return _convolution(layers[0], alone, "")
    return 1, alone[0]


def _convolution(conv: Layer, alone: Sequence[Step], before: str) -> tuple[int, Step]:
    """The step of a convolution, the first of `alone`, with what is folded into it."""
    name = alone[0][1]
    unit_stride = conv.window(())[1] == 1
    match alone[1:]:
        case [("layer", "average", int(kernel), int(stride), 0), *_] if (
            conv.pointwise() and unit_stride
        ):
            return 2, ("conv", name, before, (kernel, stride), "", False)
        case [("norm", after, _), ("layer", "relu"), *_]:
            return 3, ("conv", name, before, (), after, True)
        case [("norm", after, _), *_]:
            return 2, ("conv", name, before, (), after, False)
        case [("layer", "relu"), *_]:
            return 2, ("conv", name, before, (), "", True)
    return 1, ("conv", name, before, (), "", False)
