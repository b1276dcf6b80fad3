"""Steps on an accelerator: Triton for gathers and 1x1 convolutions, cuDNN for others; pasted."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from archdsl.runtime.fuse.folding import fused_affine
from archdsl.runtime.fuse.graph import fused_captured
from archdsl.runtime.fuse.kernels import fused_kernels
from archdsl.runtime.fuse.launch import FusedTable, fused_gather, fused_gemm
from archdsl.runtime.fuse.tape import FusedTape, fused_ordered


class FusedGpu(FusedTape):
    """A tape whose norms are applied in float32 registers; weights stay as they are.

    So float16 and bfloat16 lose nothing that the network itself keeps. Where Triton is missing, the
    kernels' steps are taken in plain torch.
    """

    TYPES = (torch.float32, torch.bfloat16, torch.float16)
    device = "cuda"

    def __init__(self, plan: Any, folded: dict[Any, Any], x: Tensor) -> None:
        super().__init__(plan, folded, x)
        self.triton = x.is_cuda and bool(fused_kernels())
        self.precision = fused_precision(x)

    @staticmethod
    def switches(x: Tensor) -> Any:
        """How exact convolutions are, and the stream that the memory is used on."""
        if not x.is_cuda:
            return None
        stream = torch.cuda.current_stream(x.device).cuda_stream
        return fused_precision(x), stream

    def ready(self, x: Tensor) -> Any:
        """The steps as a CUDA graph, where that helps."""
        return fused_captured(self, x)

    def conv(self, module: nn.Module, parts: list[int], passing: bool, *more: Any) -> int:
        """A convolution: its name, norm and ReLU before, pooling, norm after, and a ReLU."""
        name, before, pool, after, relu = more
        conv: Any = module.get_submodule(name)
        if before and not pool and conv.stride == (1, 1):
            return self.product(module, parts, passing, name, before, after, relu)
        x = self.norm(module, parts, True, before, True) if before else self.join(parts)
        if pool:
            kernel, stride = pool
            x = self.do(partial(functional.avg_pool2d, kernel_size=kernel, stride=stride), x)
        x = self.do(partial(fused_conv, conv, self.fold(fused_filters, module, name)), x)
        if not after:
            return self.do(torch.relu_, x) if relu else x
        table = FusedTable([self.values[x]], 128)
        return self.do(self.gathering(table, module, after, relu), x, x)

    def norm(self, module: nn.Module, parts: list[int], passing: bool, *more: Any) -> int:
        """A norm of parts side by side: its name, and whether a ReLU follows."""
        parts = self.within_one(parts)
        table = FusedTable([self.values[part] for part in parts], 128)
        made = self.room("gathered", parts[0], table.channels, passing)
        return self.do(self.gathering(table, module, *more), parts[0], made)

    def gathering(self, table: FusedTable, module: nn.Module, norm: str, relu: bool) -> Any:
        """The step of a norm."""
        scale, shift = self.fold(fused_numbers, module, norm)
        return partial(
            fused_gather, table=table, scale=scale, shift=shift, relu=relu, triton=self.triton
        )

    def product(self, module: nn.Module, parts: list[int], passing: bool, *more: Any) -> int:
        """A 1x1 convolution that gathers what it reads: its name, norms, and a ReLU at the end."""
        name, before, after, relu = more
        parts = self.within_one(parts)
        table = FusedTable([self.values[part] for part in parts], 64)
        weight = self.fold(fused_matrix, module, name)
        scale, shift = self.fold(fused_numbers, module, before)
        out_scale, out_shift = self.fold(fused_finish, module, name, after)
        step = partial(
            fused_gemm, table=table, scale=scale, shift=shift, weight=weight, out_scale=out_scale,
            out_shift=out_shift, relu=relu, triton=self.triton, precision=self.precision,
        )  # fmt: skip
        made = self.room(self.beside(parts[0], "product"), parts[0], weight.shape[1], passing)
        return self.do(step, parts[0], made)

    def within_one(self, parts: list[int]) -> list[int]:
        """Parts that lie in one memory, each dense; copied side by side if they do not."""
        maps = [self.values[part] for part in parts]
        memories = {value.untyped_storage().data_ptr() for value in maps}
        dense = all(fused_ordered(value) is value for value in maps)
        return parts if len(memories) == 1 and dense else [self.join(parts)]

    def beside(self, value: int, use: str) -> str:
        """A use of memory other than the one that a value lies in."""
        lies = self.values[value].untyped_storage().data_ptr()
        within = use in self.memory and self.memory[use].untyped_storage().data_ptr() == lies
        return f"other {use}" if within else use

    def room(self, use: str, like: int, channels: int, passing: bool) -> int:
        """Maps to be written: within the tape's memory if they pass, else new ones in every run."""
        n, _, h, w = self.values[like].shape
        if passing:
            return self.constant(self.scratch(use, (n, channels, h, w)))
        return self.do(partial(fused_new, channels), like)


def fused_conv(conv: Any, weight: Tensor, x: Tensor) -> Tensor:
    """A convolution by cuDNN."""
    return functional.conv2d(
        x, weight, conv.bias, conv.stride, conv.padding, conv.dilation, conv.groups
    )


def fused_filters(conv: Any) -> Tensor:
    """The weights of a convolution of maps in channels-last order."""
    return fused_ordered(conv.weight.detach())


def fused_matrix(conv: Any) -> Tensor:
    """The weights of a 1x1 convolution: (channels in, channels out)."""
    made: Tensor = conv.weight.detach()[:, :, 0, 0].t().contiguous()
    return made


def fused_numbers(norm: Any) -> list[Tensor]:
    """Scale and shift of a norm, in float32."""
    return [number.float() for number in fused_affine(norm)]


def fused_finish(conv: Any, norm: Any) -> list[Tensor]:
    """What is done to the product of a 1x1 convolution: its bias, and the norm after it."""
    bias = 0 if conv.bias is None else conv.bias.detach().double()
    one = torch.ones(conv.out_channels, dtype=torch.float64, device=conv.weight.device)
    scale, shift = (one, 0 * one) if norm is None else fused_affine(norm)
    return [scale.float(), (shift + bias * scale).float()]


def fused_precision(x: Tensor) -> str:
    """How torch multiplies float32 in convolutions now: `tf32` or `ieee`."""
    if not x.is_cuda or torch.version.hip:
        return "ieee"
    cudnn: Any = torch.backends.cudnn
    kind = cudnn.conv.fp32_precision if hasattr(cudnn, "conv") else ""
    return "tf32" if kind == "tf32" or (not kind and cudnn.allow_tf32) else "ieee"


def fused_new(channels: int, x: Tensor) -> Tensor:
    """Maps like x of other channels, not written yet."""
    n, _, h, w = x.shape
    return x.new_empty((n, h, w, channels)).permute(0, 3, 1, 2)
