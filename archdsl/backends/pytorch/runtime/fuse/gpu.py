"""Steps on an accelerator: Triton for gathers and 1x1 convolutions, cuDNN for others; pasted."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from archdsl.backends.pytorch.runtime.fuse.folding import fused_affine
from archdsl.backends.pytorch.runtime.fuse.graph import fused_captured
from archdsl.backends.pytorch.runtime.fuse.kernels import fused_kernels
from archdsl.backends.pytorch.runtime.fuse.launch import FusedTable, fused_gather, fused_gemm
from archdsl.backends.pytorch.runtime.fuse.layers import (
    FusedLayer,
    FusedLinear,
    FusedStep,
    fused_pool,
)
from archdsl.backends.pytorch.runtime.fuse.plan import (
    ConvStep,
    LayerStep,
    LinearStep,
    NormStep,
)
from archdsl.backends.pytorch.runtime.fuse.recorder import FusedRecorder, fused_ordered


class FusedGpuNorm(FusedStep):
    """A norm in float32 registers, and the ReLU after it."""

    def __init__(self, module: nn.Module, step: NormStep) -> None:
        self.scale, self.shift = fused_numbers(module.get_submodule(step.norm))
        self.relu = step.relu

    def record(self, recorder: FusedRecorder, values: list[int], passing: bool) -> int:
        """Record the norm of values side by side, in one pass."""
        values = fused_within_one(recorder, values)
        table = FusedTable([recorder.values[value] for value in values], 128)
        result = fused_room(recorder, "gathered", values[0], table.channels, passing)
        return recorder.call(self.gather(recorder, table), values[0], result)

    def gather(self, recorder: FusedRecorder, table: FusedTable) -> Any:
        """Return the function of the first map of a table and of the result.

        Args:
            recorder: the recording, whose input shows whether Triton runs the kernels.
            table: where the C channels lie that are read.

        Returns:
            A function of the table's first map and of maps (N, C, H, W), which it writes and
            returns.
        """
        return partial(
            fused_gather, table=table, scale=self.scale, shift=self.shift, relu=self.relu,
            triton=fused_triton(recorder.values[0]),
        )  # fmt: skip


class FusedGpuConv(FusedStep):
    """A convolution, by cuDNN or a kernel, with the norms around it.

    Weights are not folded, so float16 and bfloat16 lose nothing that the network itself keeps.
    """

    def __init__(self, module: nn.Module, step: ConvStep) -> None:
        conv: Any = module.get_submodule(step.conv)
        before, after = step.pre_norm, step.post_norm
        self.before = FusedGpuNorm(module, NormStep(before, relu=True)) if before else None
        self.after = FusedGpuNorm(module, NormStep(after, step.relu)) if after else None
        self.pool, self.relu = step.pool, step.relu
        self.weight = fused_ordered(conv.weight.detach().clone())
        self.bias = None if conv.bias is None else conv.bias.detach().clone()
        self.window = (conv.stride, conv.padding, conv.dilation, conv.groups)
        self.pointwise = bool(before) and not step.pool and conv.stride == (1, 1)
        if self.pointwise:
            self.matrix = self.weight[:, :, 0, 0].t().contiguous()
            self.out_scale, self.out_shift = fused_finish(
                conv, module.get_submodule(after) if after else None
            )

    def record(self, recorder: FusedRecorder, values: list[int], passing: bool) -> int:
        """Record the convolution with the norms around it."""
        if self.pointwise:
            return self.product(recorder, values, passing)
        x = self.before.record(recorder, values, True) if self.before else recorder.join(values)
        x = fused_pool(recorder, x, self.pool)
        convolve = partial(fused_conv, weight=self.weight, bias=self.bias, window=self.window)
        x = recorder.ordered(recorder.call(convolve, x))
        if self.after is None:
            return recorder.update(torch.relu_, x) if self.relu else x
        table = FusedTable([recorder.values[x]], 128)
        return recorder.call(self.after.gather(recorder, table), x, x)

    def product(self, recorder: FusedRecorder, values: list[int], passing: bool) -> int:
        """Record a 1x1 convolution that gathers what it reads.

        Args:
            recorder: the recording that the call is added to.
            values: indices in the recording of the maps that are read, side by side.
            passing: whether the next step alone reads the result, so that it may lie in memory
                which the step after that writes over.

        Returns:
            The index of the result, maps of the dtype of the weights.
        """
        assert self.before is not None
        values = fused_within_one(recorder, values)
        table = FusedTable([recorder.values[value] for value in values], 64)
        x = recorder.values[0]
        step = partial(
            fused_gemm, table=table, scale=self.before.scale, shift=self.before.shift,
            weight=self.matrix, out_scale=self.out_scale, out_shift=self.out_shift,
            relu=self.relu, triton=fused_triton(x), precision=fused_precision(x),
        )  # fmt: skip
        name = fused_beside(recorder, values[0], "product")
        result = fused_room(recorder, name, values[0], self.matrix.shape[1], passing)
        return recorder.call(step, values[0], result)


class FusedGpu:
    """The steps for accelerators; on a CPU, or without Triton, kernels are run in plain torch."""

    DEVICE = "cuda"
    DTYPES = (torch.float32, torch.bfloat16, torch.float16)

    @staticmethod
    def step(module: nn.Module, step: Any) -> FusedStep:
        """Return a step of the plan with its weights.

        Args:
            module: the module whose state dict has the weights under the names in the step.
            step: a record of `plan.py`, except `Fork`.

        Returns:
            The step with copies of the weights, in their dtype, and of the norms' scales and
            shifts, in float32.
        """
        kinds: dict[type, Any] = {
            ConvStep: FusedGpuConv,
            NormStep: FusedGpuNorm,
            LayerStep: FusedLayer,
            LinearStep: FusedLinear,
        }
        frozen: FusedStep = kinds[type(step)](module, step)
        return frozen

    @staticmethod
    def largest() -> int:
        """Return how many numbers the largest map of a part of a batch may have: no limit."""
        return 1 << 62

    @staticmethod
    def switches(x: Tensor) -> Any:
        """Return how exact products are, and the stream that the memory is used on."""
        if not x.is_cuda:
            return None
        stream = torch.cuda.current_stream(x.device).cuda_stream
        return fused_precision(x), stream

    @staticmethod
    def ready(recording: Any, x: Tensor) -> Any:
        """Return the recording as a CUDA graph, where that helps.

        Args:
            recording: the calls for one shape of input, a `FusedRecording`.
            x: an input of this shape, (N, C, H, W), on the device of the weights.
        """
        return fused_captured(recording, x)


def fused_triton(x: Tensor) -> bool:
    """Whether kernels are run by Triton for this input."""
    return x.is_cuda and bool(fused_kernels())


def fused_within_one(recorder: FusedRecorder, values: list[int]) -> list[int]:
    """Return dense maps that lie in one block of memory, copied side by side if they do not.

    Args:
        recorder: the recording that a copy is added to.
        values: indices in the recording of maps (N, C_i, H, W).

    Returns:
        The values themselves, or the index of their concatenation alone.
    """
    maps = [recorder.values[value] for value in values]
    blocks = {tensor.untyped_storage().data_ptr() for tensor in maps}
    dense = all(fused_ordered(tensor) is tensor for tensor in maps)
    return values if len(blocks) == 1 and dense else [recorder.join(values)]


def fused_beside(recorder: FusedRecorder, value: int, name: str) -> str:
    """Return the name of a block of memory other than the one that a value lies in.

    Args:
        recorder: the recording, whose memory has the blocks.
        value: index in the recording of a tensor that is read.
        name: the name to use if the value does not lie in the block of this name.
    """
    address = recorder.values[value].untyped_storage().data_ptr()
    block = recorder.memory.blocks.get(name)
    inside = block is not None and block.untyped_storage().data_ptr() == address
    return f"other {name}" if inside else name


def fused_room(recorder: FusedRecorder, name: str, like: int, channels: int, passing: bool) -> int:
    """Return maps to write: in the recording's memory if they pass, else new ones in every run.

    Args:
        recorder: the recording that makes the maps.
        name: the name of the block of memory.
        like: index in the recording of maps (N, C, H, W), whose other sizes are taken.
        channels: the number of channels of the maps to write.
        passing: whether the next step alone reads the maps.

    Returns:
        The index of maps (N, channels, H, W), whose values are not defined yet.
    """
    n, _, h, w = recorder.shape(like)
    if passing:
        return recorder.constant(recorder.memory.maps(name, (n, channels, h, w)))
    return recorder.call(partial(fused_new, channels), like)


def fused_conv(x: Tensor, weight: Tensor, bias: Any, window: Any) -> Tensor:
    """Convolve; `window` is stride, padding, dilation, groups.

    Args:
        x: maps of shape (N, C, H, W).
        weight: of shape (outputs, C / groups, kernel, kernel).
        bias: of shape (outputs,), or None.
        window: stride, padding, dilation and groups.
    """
    return functional.conv2d(x, weight, bias, *window)


def fused_numbers(norm: Any) -> list[Tensor]:
    """Return scale and shift of a norm, (C,) each, in float32."""
    return [number.float() for number in fused_affine(norm)]


def fused_finish(conv: Any, norm: Any) -> list[Tensor]:
    """Return what the product of a 1x1 convolution is scaled and shifted by: bias and norm.

    Args:
        conv: the convolution, with K output channels.
        norm: the norm after it, in eval mode, or None.

    Returns:
        Scale and shift, (K,) each, in float32, computed in float64.
    """
    bias = 0 if conv.bias is None else conv.bias.detach().double()
    one = torch.ones(conv.weight.shape[0], dtype=torch.float64, device=conv.weight.device)
    scale, shift = (one, 0 * one) if norm is None else fused_affine(norm)
    return [scale.float(), (shift + bias * scale).float()]


def fused_precision(x: Tensor) -> str:
    """Return how torch multiplies float32 in convolutions now: `tf32` or `ieee`."""
    if not x.is_cuda or torch.version.hip:
        return "ieee"
    cudnn: Any = torch.backends.cudnn
    kind = cudnn.conv.fp32_precision if hasattr(cudnn, "conv") else ""
    return "tf32" if kind == "tf32" or (not kind and cudnn.allow_tf32) else "ieee"


def fused_new(channels: int, x: Tensor) -> Tensor:
    """Return maps like x with other channels, not written yet.

    Args:
        channels: the number of channels of the new maps.
        x: maps of shape (N, C, H, W), whose other sizes, dtype and device are taken.
    """
    n, _, h, w = x.shape
    return x.new_empty((n, h, w, channels)).permute(0, 3, 1, 2)
