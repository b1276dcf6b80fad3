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
from archdsl.ir.ops import Activation, Conv, Layer, Norm, Pool

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
    while layers:
        taken, step = _next(layers)
        layers = layers[taken:]
        yield step


def _next(layers: Sequence[Layer]) -> tuple[int, Step]:
    """The step that a chain begins with, and how many layers it takes."""
    match layers:
        case [Norm(name=before), Activation(), Conv() as conv, *rest] if _pointwise(conv):
            taken, step = _convolution(conv, rest, before)
            return taken + 2, step
        case [Norm(name=name), Activation(), *_]:
            return 2, ("norm", name, True)
        case [Norm(name=name), *_]:
            return 1, ("norm", name, False)
        case [Conv() as conv, *rest]:
            return _convolution(conv, rest, "")
    alone = layers[0].fused_step()
    assert alone is not None, "`steps` asks for it first"
    return 1, alone


def _convolution(conv: Conv, rest: Sequence[Layer], before: str) -> tuple[int, Step]:
    match rest:
        case [Pool(kind="average", padding=0) as pool, *_] if _pointwise(conv, stride=1):
            return 2, ("conv", conv.name, before, (pool.kernel, pool.stride), "", False)
        case [Norm(name=after, flat=False), Activation(), *_]:
            return 3, ("conv", conv.name, before, (), after, True)
        case [Norm(name=after, flat=False), *_]:
            return 2, ("conv", conv.name, before, (), after, False)
        case [Activation(), *_]:
            return 2, ("conv", conv.name, before, (), "", True)
    return 1, ("conv", conv.name, before, (), "", False)


def _pointwise(conv: Conv, stride: int | None = None) -> bool:
    fits = stride is None or conv.stride == stride
    return fits and (conv.kernel, conv.padding, conv.groups) == (1, 0, 1)
