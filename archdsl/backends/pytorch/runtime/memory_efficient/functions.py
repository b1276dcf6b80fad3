"""Functions of each element that the operator of a stage applies, with their gradients."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class StageFunction(NamedTuple):
    """A function of a tensor and its gradient.

    `backward` takes the gradient of the result, which it may overwrite, and the input. If the
    gradient follows from the result, `in_place` is the same function in its input's memory, and
    `backward` takes the result instead of the input.
    """

    apply: Any
    backward: Any
    in_place: Any = None


def stage_over(backward: Any, numbers: tuple[int, ...], gradient: Tensor, y: Tensor) -> Tensor:
    """Return the gradient of an input in the memory of the gradient of its result.

    Args:
        backward: torch's function for it.
        numbers: what that takes after tensors.
        gradient: of the result; it is overwritten.
        y: the result.
    """
    result: Tensor = backward.grad_input(gradient, y, *numbers, grad_input=gradient)
    return result


def stage_relu2(x: Tensor) -> Tensor:
    """Return the square of a ReLU."""
    return x.relu().square_()


def stage_relu2_backward(gradient: Tensor, x: Tensor) -> Tensor:
    """Return the gradient of the input of `stage_relu2`.

    Args:
        gradient: of the result; it is overwritten.
        x: the input.
    """
    return gradient.mul_(2 * x.relu())


STAGE_FUNCTIONS: dict[str, StageFunction] = {
    "relu": StageFunction(
        torch.relu, partial(stage_over, torch.ops.aten.threshold_backward, (0,)), torch.relu_
    ),
    "relu6": StageFunction(
        functional.relu6,
        partial(stage_over, torch.ops.aten.hardtanh_backward, (0, 6)),
        partial(functional.relu6, inplace=True),
    ),
    "sigmoid": StageFunction(
        torch.sigmoid, partial(stage_over, torch.ops.aten.sigmoid_backward, ()), torch.sigmoid_
    ),
    "tanh": StageFunction(
        torch.tanh, partial(stage_over, torch.ops.aten.tanh_backward, ()), torch.tanh_
    ),
    "relu2": StageFunction(stage_relu2, stage_relu2_backward),
    "gelu": StageFunction(functional.gelu, torch.ops.aten.gelu_backward),
    "silu": StageFunction(functional.silu, torch.ops.aten.silu_backward),
    "mish": StageFunction(functional.mish, torch.ops.aten.mish_backward),
    "hardswish": StageFunction(functional.hardswish, torch.ops.aten.hardswish_backward),
    "hardsigmoid": StageFunction(functional.hardsigmoid, torch.ops.aten.hardsigmoid_backward),
}
"""The functions by their words in the language."""
