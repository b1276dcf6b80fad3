"""Steps on a CPU, in float32, by oneDNN and BLAS; pasted into emitted files."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from archdsl.backends.pytorch.runtime.fuse.convolution import FusedConv
from archdsl.backends.pytorch.runtime.fuse.folding import fused_affine, fused_bounds
from archdsl.backends.pytorch.runtime.fuse.layers import (
    FusedLayer,
    FusedLinear,
    FusedStep,
    fused_add,
    fused_add_relu,
    fused_pool,
)
from archdsl.backends.pytorch.runtime.fuse.onednn import (
    FusedLayouts,
    fused_multiplied,
    fused_onednn,
    fused_packed_matrix,
)
from archdsl.backends.pytorch.runtime.fuse.plan import (
    ConvStep,
    LayerStep,
    LinearStep,
    NormStep,
)
from archdsl.backends.pytorch.runtime.fuse.product import FusedProduct
from archdsl.backends.pytorch.runtime.fuse.recorder import FusedRecorder


class FusedCpuNorm(FusedStep):
    """A norm, and the ReLU after it."""

    def __init__(self, module: nn.Module, step: NormStep) -> None:
        self.numbers = [number.float() for number in fused_affine(module.get_submodule(step.norm))]
        self.relu = step.relu

    def record(self, recorder: FusedRecorder, values: list[int], passing: bool) -> int:
        """Record the norm of values side by side, in one pass, and the ReLU in place."""
        x = fused_side_by_side(recorder, values, fused_scaled, *self.numbers)
        x = recorder.update(torch.relu_, x) if self.relu else x
        return x if passing else recorder.owned(x)


class FusedCpuConv(FusedStep):
    """A convolution with what is folded into it.

    The norm before it is folded into the weights where it can be, and its ReLU is a bound then.
    """

    def __init__(self, module: nn.Module, step: ConvStep) -> None:
        affine = fused_affine(module.get_submodule(step.pre_norm)) if step.pre_norm else None
        self.bounds = fused_bounds(*affine) if affine else None
        apart = bool(affine) and not self.bounds
        self.norm = FusedCpuNorm(module, NormStep(step.pre_norm, relu=True)) if apart else None
        self.pool, self.relu = step.pool, step.relu
        norm = module.get_submodule(step.post_norm) if step.post_norm else None
        conv = module.get_submodule(step.conv)
        self.conv = FusedConv(conv, affine if self.bounds else None, norm)

    def record(self, recorder: FusedRecorder, values: list[int], passing: bool) -> int:
        """Record the convolution, and the ReLU in place."""
        output = self.convolve(recorder, self.prepare(recorder, values))
        return recorder.update(torch.relu_, output) if self.relu else output

    def add(self, recorder: FusedRecorder, values: list[int], total: int, relu: bool) -> int:
        """Record the convolution onto a sum, unless it reads the sum itself."""
        if self.relu or not fused_onednn():
            return super().add(recorder, values, total, relu)
        x = self.prepare(recorder, values)
        shape = recorder.shape(x)
        if x == total or self.conv.output(shape) != recorder.shape(total):
            output = self.convolve(recorder, x)
            return recorder.update(fused_add_relu if relu else fused_add, total, output)
        total = recorder.update(self.conv.step_onto(shape), total, x)
        return recorder.update(torch.relu_, total) if relu else total

    def prepare(self, recorder: FusedRecorder, values: list[int]) -> int:
        """Record what comes before the convolution; return its input.

        Args:
            recorder: the recording that the step is added to.
            values: indices in the recording of the tensors that are read.
        """
        if self.norm is not None:
            values = [self.norm.record(recorder, values, True)]
        if self.bounds is not None:
            low, high = self.bounds
            numbers = (low,) if high is None else (low, high)
            cut = torch.maximum if high is None else torch.clamp
            values = [fused_side_by_side(recorder, values, cut, *numbers)]
        return fused_pool(recorder, recorder.join(values), self.pool)

    def convolve(self, recorder: FusedRecorder, x: int) -> int:
        """Record the convolution itself, in the way that suits the input's size.

        Args:
            recorder: the recording that the step is added to.
            x: index in the recording of the maps that are convolved.
        """
        shape = recorder.shape(x)
        if FusedProduct.pays(self.conv, shape):
            return recorder.call(FusedProduct(self.conv, shape, recorder.memory), x)
        return recorder.call(self.conv.step(shape), x)


class FusedCpuLinear(FusedLinear):
    """A fully connected layer, by oneDNN: it uses all threads for few rows, too."""

    def __init__(self, module: nn.Module, step: LinearStep) -> None:
        super().__init__(module, step)
        self.layouts = FusedLayouts()

    def record(self, recorder: FusedRecorder, values: list[int], passing: bool) -> int:
        """Record the product."""
        x = recorder.join(values)
        rows, *others = recorder.shape(x)
        if len(others) > 1 or not fused_onednn():
            return super().record(recorder, [x], passing)
        packed = self.layouts.get(rows, lambda: fused_packed_matrix(self.weight, rows))
        return recorder.call(partial(fused_multiplied, packed=packed, bias=self.bias), x)


class FusedCpu:
    """The steps for CPUs."""

    DEVICE = "cpu"
    LARGEST = 1 << 21  # numbers of a map for each thread: those of more would not stay in caches
    DTYPES = (torch.float32,)

    @staticmethod
    def step(module: nn.Module, step: Any) -> FusedStep:
        """Return a step of the plan with its weights.

        Args:
            module: the module whose state dict has the weights under the names in the step.
            step: a record of `plan.py`, except `Fork`.

        Returns:
            The step with float32 copies of the weights, which later changes of the module do not
            reach.

        Raises:
            FusedError: if a norm and the convolution before it differ in their channels.
        """
        kinds: dict[type, Any] = {
            ConvStep: FusedCpuConv,
            NormStep: FusedCpuNorm,
            LayerStep: FusedLayer,
            LinearStep: FusedCpuLinear,
        }
        frozen: FusedStep = kinds[type(step)](module, step)
        return frozen

    @staticmethod
    def largest() -> int:
        """Return how many numbers the largest map of a part of a batch may have."""
        return FusedCpu.LARGEST * torch.get_num_threads()

    @staticmethod
    def switches(x: Tensor) -> Any:
        """Return what else than the input's shape decides how it is computed."""
        return fused_onednn(), torch.get_float32_matmul_precision()

    @staticmethod
    def ready(recording: Any, x: Tensor) -> Any:
        """Return what runs a recording: the recording itself.

        Args:
            recording: the calls for one shape of input, a `FusedRecording`.
            x: an input of this shape, (N, C, H, W), float32.
        """
        return recording


class FusedGather:
    """Values side by side in one map, each channel after a function with numbers of its own."""

    SMALL = 32768  # elements that torch leaves to one thread: there starting a call costs most

    def __init__(
        self, function: Any, numbers: tuple[Tensor, ...], widths: list[int], result: Tensor
    ) -> None:
        self.function, self.result = function, result
        self.numbers = [number.view(1, -1, 1, 1) for number in numbers]
        split = [torch.split(x, widths, 1) for x in (result, *self.numbers)]
        self.pieces = list(zip(*split, strict=True))
        self.joined = len(widths) > 2 and result.numel() <= self.SMALL

    def __call__(self, *parts: Tensor) -> Tensor:
        """Read every part once; where there is little to read, all of them in one call."""
        if self.joined:
            torch.cat(parts, 1, out=self.result)
            self.function(self.result, *self.numbers, out=self.result)
            return self.result
        for part, (target, *numbers) in zip(parts, self.pieces, strict=True):
            self.function(part, *numbers, out=target)
        return self.result


def fused_side_by_side(
    recorder: FusedRecorder, values: list[int], function: Any, *numbers: Tensor
) -> int:
    """Record a function of values side by side, with numbers (C,) for every channel.

    Args:
        recorder: the recording that the call is added to.
        values: indices in the recording of maps (N, C_i, H, W), whose channels add up to C.
        function: called with maps, the numbers of their channels as (1, C_i, 1, 1), and the
            keyword `out`, where it writes.
        numbers: tensors of shape (C,).

    Returns:
        The index of maps (N, C, H, W) in the recording's memory, which the next call of this
        function writes over.
    """
    n, _, h, w = recorder.shape(values[0])
    widths = [recorder.shape(value)[1] for value in values]
    result = recorder.memory.maps("gathered", (n, sum(widths), h, w))
    return recorder.call(FusedGather(function, numbers, widths, result), *values)


def fused_scaled(part: Tensor, scale: Tensor, shift: Tensor, out: Tensor) -> Tensor:
    """Scale and shift.

    Args:
        part: maps of shape (N, C, H, W).
        scale: a factor that broadcasts to the maps.
        shift: what is added after it.
        out: the tensor that is written.
    """
    return torch.addcmul(shift, part, scale, out=out)
