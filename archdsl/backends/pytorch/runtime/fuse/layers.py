"""Steps that are the same on every device, and what all steps have; pasted into emitted files."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from archdsl.backends.pytorch.runtime.fuse.plan import LayerStep, LinearStep
from archdsl.backends.pytorch.runtime.fuse.recorder import FusedRecorder


class FusedStep:
    """One operation of a chain, with its weights; it knows no shape until it is recorded."""

    keeps_memory = True  # False if the result may be a view of what is read

    def record(self, recorder: FusedRecorder, values: list[int], passing: bool) -> int:
        """Record the step on values side by side.

        Args:
            recorder: of a shape of input.
            values: what is read.
            passing: whether the next step alone reads the result, so that it may lie in memory
                which the step after that writes over.

        Returns:
            The index of the result.
        """
        raise NotImplementedError

    def add(self, recorder: FusedRecorder, values: list[int], total: int, relu: bool) -> int:
        """Record the step, add its result to `total` in place, and apply a ReLU if wanted.

        Args:
            recorder: the recording that the step is added to.
            values: indices in the recording of the tensors that are read.
            total: index of the sum.
            relu: whether a ReLU follows.
        """
        output = self.record(recorder, values, False)
        return recorder.update(fused_add_relu if relu else fused_add, total, output)


class FusedLayer(FusedStep):
    """A layer without weights."""

    def __init__(self, module: nn.Module, step: LayerStep) -> None:
        self.function, self.numbers = step
        self.keeps_memory = step.function != "flatten"

    def record(self, recorder: FusedRecorder, values: list[int], passing: bool) -> int:
        """Record the layer's function."""
        function, numbers = fused_function(self.function), self.numbers
        return recorder.call(lambda x: function(x, *numbers), recorder.join(values))


class FusedLinear(FusedStep):
    """A fully connected layer."""

    def __init__(self, module: nn.Module, step: LinearStep) -> None:
        linear: Any = module.get_submodule(step.linear)
        self.weight = linear.weight.detach().clone()
        self.bias = None if linear.bias is None else linear.bias.detach().clone()

    def record(self, recorder: FusedRecorder, values: list[int], passing: bool) -> int:
        """Record the product."""
        step = partial(functional.linear, weight=self.weight, bias=self.bias)
        return recorder.call(step, recorder.join(values))


def fused_function(name: str) -> Any:
    """Return the function of a layer without weights."""
    functions = {
        "relu": torch.relu,
        "average": functional.avg_pool2d,
        "max": functional.max_pool2d,
        "average_to": functional.adaptive_avg_pool2d,
        "max_to": functional.adaptive_max_pool2d,
        "flatten": torch.flatten,
    }
    return functions[name]


def fused_pool(recorder: FusedRecorder, x: int, window: tuple[int, ...]) -> int:
    """Record an average pooling with this kernel and stride; without numbers there is none.

    Args:
        recorder: the recording that the step is added to.
        x: index in the recording of the maps that are pooled.
        window: kernel and stride, in pixels; empty for no pooling.
    """
    if not window:
        return x
    kernel, stride = window
    pool = partial(functional.avg_pool2d, kernel_size=kernel, stride=stride)
    return recorder.ordered(recorder.call(pool, x))


def fused_add(total: Tensor, output: Tensor) -> Tensor:
    """Add in place.

    Args:
        total: the tensor that is added to.
        output: a tensor of the same shape.
    """
    return total.add_(output)


def fused_add_relu(total: Tensor, output: Tensor) -> Tensor:
    """Add in place, then apply a ReLU.

    Args:
        total: the tensor that is added to.
        output: a tensor of the same shape.
    """
    return total.add_(output).relu_()
