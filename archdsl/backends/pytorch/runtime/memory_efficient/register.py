"""The operator as torch knows it, with its backward pass and the shapes of its results."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.memory_efficient.arguments import StageArguments, StageKept
from archdsl.backends.pytorch.runtime.memory_efficient.operator import StageBackward, StageForward
from archdsl.backends.pytorch.runtime.memory_efficient.outputs import StageOutputs, stage_outputs
from archdsl.backends.pytorch.runtime.memory_efficient.plan import StageWindow
from archdsl.backends.pytorch.runtime.memory_efficient.steps import (
    stage_layout,
    stage_numbers,
    stage_room,
)

STAGE_NAMESPACE: str = "archdsl"
"""Where torch finds the operators; in an emitted file with a hash of this source."""


def stage_forward(
    x: Tensor, *arguments: Any
) -> tuple[Tensor, list[Tensor], list[Tensor], list[Tensor]]:
    """Return the outputs of a stage, and what its backward pass needs: see `StageKept`.

    Args:
        x: input of the stage, (N, C, ...).
        arguments: see `StageArguments`.
    """
    kept = StageForward(x, StageArguments(*arguments)).run()
    return kept.outputs, kept.tensors, kept.means, kept.variances


def stage_shapes(
    x: Tensor, *arguments: Any
) -> tuple[Tensor, list[Tensor], list[Tensor], list[Tensor]]:
    """Return tensors of the shapes of the results of `stage_forward`, for the same arguments.

    Args:
        x: input of the stage, (N, C, ...).
        arguments: see `StageArguments`.
    """
    own = StageArguments(*arguments)
    stage = own.stage
    tensors, numbers = [], [stage.channels if own.normalised else 0]
    for layer in stage.layers:
        value = x
        for part in layer.parts:
            if part.input >= 0:
                tensors.append(value)
                count = value.shape[1] if own.of_batch(part.norm) else 0
                numbers += [count] if part.norm >= 0 else []
            if part.convolution >= 0:
                value = stage_convolved(value, own.convolutions[part.convolution], part.window)
    pairs = [stage_numbers(x, count) for count in numbers]
    means, variances = ([pair[place] for pair in pairs] for place in range(2))
    outputs = stage_outputs(x, stage.channels, maps=own.maps)
    return outputs.tensor, tensors, means, variances


def stage_convolved(x: Tensor, weight: Tensor, window: StageWindow) -> Tensor:
    """Return a tensor of the shape of a convolution.

    Args:
        x: input, (N, C, ...).
        weight: the weight.
        window: the numbers of the convolution.
    """
    sides = zip(x.shape[2:], weight.shape[2:], window.padding, window.dilation, strict=True)
    spatial = [side + 2 * pad - step * (kernel - 1) for side, kernel, pad, step in sides]
    shape = (x.shape[0], weight.shape[0], *spatial)
    return torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=stage_layout(x))


def stage_backward(
    gradient: Tensor, *arguments: Any
) -> tuple[Tensor, list[Tensor], list[Tensor], list[Tensor], list[Tensor]]:
    """Return the gradients of the input and of the weights from those of the outputs.

    Args:
        gradient: of the outputs.
        arguments: the fields of `StageKept`, then those of `StageArguments`.
    """
    kept, own = StageKept(*arguments[:4]), StageArguments(*arguments[4:])
    x, weights = StageBackward(gradient, kept, own).run()
    return x, weights.convolutions, weights.biases, weights.scales, weights.shifts


def stage_backward_shapes(
    gradient: Tensor, *arguments: Any
) -> tuple[Tensor, list[Tensor], list[Tensor], list[Tensor], list[Tensor]]:
    """Return tensors of the shapes of the results of `stage_backward`, for the same arguments.

    Args:
        gradient: of the outputs.
        arguments: the fields of `StageKept`, then those of `StageArguments`.
    """
    own = StageArguments(*arguments[4:])
    outputs, channels = StageOutputs(arguments[0], maps=own.maps), own.stage.layers[0].writes[0]
    x = stage_room(outputs.output((0, channels)), channels, outputs.layout)
    of_weights = ([torch.empty_like(weight) for weight in group] for group in own.weights)
    convolutions, biases, scales, shifts = of_weights
    return x, convolutions, biases, scales, shifts


def stage_keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
    """Save the tensors of a forward pass.

    Args:
        ctx: torch's context of the call.
        inputs: the arguments of `stage_forward`.
        output: its results.
    """
    groups = [[output[0]], *output[1:], *inputs[1:-4]]
    ctx.save_for_backward(*(tensor for group in groups for tensor in group))
    ctx.sizes, ctx.numbers = [len(group) for group in groups], inputs[-4:]
    ctx.set_materialize_grads(False)


def stage_differentiate(ctx: Any, gradient: Tensor | None, *_: Any) -> tuple[Any, ...]:
    """Return a gradient for each argument of `stage_forward`.

    Args:
        ctx: torch's context of the call.
        gradient: of the outputs, or None.
        _: gradients of the other results, which nothing depends on.
    """
    tensors = iter(ctx.saved_tensors)
    groups = [[next(tensors) for _ in range(size)] for size in ctx.sizes]
    (outputs,), *rest = groups
    if gradient is None:
        gradient = torch.zeros_like(outputs)
    backward = getattr(torch.ops, STAGE_NAMESPACE).stage_backward
    gradients = backward(gradient, outputs, *rest, *ctx.numbers)
    # torch takes an empty list for one of tensors
    none: list[Any] | None = None if ctx.numbers[0] else []
    return *gradients, *([None] * len(group) for group in rest[-3:]), none, none, None, None


def stage_refuse(ctx: Any, *_: Any) -> None:
    """Raise RuntimeError: there is no second derivative."""
    raise RuntimeError(
        "the operator of a stage has no second derivative: set memory_efficient to False"
    )


def stage_registered() -> Any:
    """Register the operator, once in a process, and return it.

    Several files may bring it. Calls of what `torch.library.custom_op` registers import torch's
    compiler, which takes seconds.
    """
    operators = getattr(torch.ops, STAGE_NAMESPACE)
    if not hasattr(operators, "library"):
        library = torch.library.Library(STAGE_NAMESPACE, "FRAGMENT")
        arguments = "Tensor[] convolutions, Tensor[] biases, Tensor[] scales, Tensor[] shifts"
        arguments += ", Tensor[] masks, Tensor[] means, Tensor[] variances, int[] running"
        arguments += ", float[] eps, str plan, bool maps) -> (Tensor, Tensor[], Tensor[], Tensor[]"
        kept = "Tensor outputs, Tensor[] tensors, Tensor[] means, Tensor[] variances"
        schemas: dict[str, tuple[str, Any, Any]] = {
            "stage": (f"Tensor x, {arguments})", stage_forward, stage_shapes),
            "stage_backward": (
                f"Tensor gradient, {kept}, {arguments}, Tensor[])",
                stage_backward,
                stage_backward_shapes,
            ),
        }
        tags = (torch.Tag.pt2_compliant_tag, torch.Tag.needs_fixed_stride_order)
        for name, (schema, function, shapes) in schemas.items():
            library.define(f"{name}({schema}", tags=tags)
            library.impl(name, function, "CompositeExplicitAutograd")
            torch.library.register_fake(f"{STAGE_NAMESPACE}::{name}", shapes, lib=library)
        torch.library.register_autograd(
            f"{STAGE_NAMESPACE}::stage", stage_differentiate, setup_context=stage_keep, lib=library
        )
        torch.library.register_autograd(
            f"{STAGE_NAMESPACE}::stage_backward", stage_refuse, lib=library
        )
        operators.library = library  # without it the operator would go when this file does
    return operators.stage.default


STAGE_OPERATOR: Any = stage_registered()
