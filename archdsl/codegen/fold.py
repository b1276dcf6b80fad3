"""What is folded into what when a chain is run for inference: its layers to fewer steps.

Everything around a convolution is part of one step. A norm and its ReLU before a 1x1 convolution
can be bounds per channel, with the norm's scale and shift in the weights; not before a larger one,
whose padding would have to be shifted too. A norm after a convolution can be part of its weights.
An average pooling after a 1x1 convolution is done before it: both are linear, and the convolution
then has fewer pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from archdsl.ir.ops import Layer
from archdsl.ir.steps import ConvStep, LayerStep, NormStep, Step
from archdsl.passes.simplify import pools_first

__all__ = ["steps"]


def steps(layers: Sequence[Layer]) -> tuple[Step, ...] | None:
    """Return how a chain is run; None if one of its layers has no step: it is then run as it is."""
    kept = [layer for layer in layers if not layer.training_only]
    return tuple(_steps(kept)) if all(layer.fused_step() for layer in kept) else None


def _steps(layers: Sequence[Layer]) -> Iterator[Step]:
    alone = [step for layer in layers if (step := layer.fused_step())]
    index = 0
    while index < len(layers):
        taken, step = _next(layers[index:], alone[index:])
        index += taken
        yield step


def _next(layers: Sequence[Layer], alone: Sequence[Step]) -> tuple[int, Step]:
    """Return how many layers the first step of a chain takes, and this step.

    `alone` are the steps of the layers if nothing is folded.
    """
    match alone:
        case [NormStep(norm), LayerStep("relu"), ConvStep() as conv, *after] if layers[
            2
        ].pointwise():
            taken, step = _convolution(layers[2], conv, after)
            return taken + 2, replace(step, pre_norm=norm)
        case [NormStep() as step, LayerStep("relu"), *_]:
            return 2, replace(step, relu=True)
        case [ConvStep() as conv, *after]:
            return _convolution(layers[0], conv, after)
    return 1, alone[0]


def _convolution(layer: Layer, step: ConvStep, after: Sequence[Step]) -> tuple[int, ConvStep]:
    """Fold what follows a convolution into its step."""
    match after:
        case [LayerStep(_, (kernel, stride, _)) as pool, *_] if pools_first(layer, pool):
            return 2, replace(step, pool=(kernel, stride))
        case [NormStep(norm), LayerStep("relu"), *_]:
            return 3, replace(step, post_norm=norm, relu=True)
        case [NormStep(norm), *_]:
            return 2, replace(step, post_norm=norm)
        case [LayerStep("relu"), *_]:
            return 2, replace(step, relu=True)
    return 1, step
