"""The steps of a folded chain; pasted into emitted files.

Every step is run on tensors that stand side by side along the channels, and makes one tensor.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class FusedClamp:
    """The ReLU of a norm whose scale and shift are in the next convolution: bounds per channel.

    relu(a x + b) is a max(x, -b / a) + b for a > 0, and a min(x, -b / a) + b for a < 0. Gathers
    and bounds in one pass.
    """

    def __init__(self, module: nn.Module, norm: str) -> None:
        scale, shift = fused_fold(module.get_submodule(norm))
        bound = -shift / scale
        low = torch.where(scale > 0, bound, -torch.inf).where(scale != 0, 0.0)
        high = torch.where(scale < 0, bound, torch.inf).where(scale != 0, 0.0)
        self.low, self.high = low.float().view(1, -1, 1, 1), high.float().view(1, -1, 1, 1)
        self.rising = bool((scale > 0).all())

    def run(self, parts: list[Tensor]) -> Tensor:
        """The parts side by side, every channel within its bounds."""
        first, start = parts[0], 0
        shape = (first.shape[0], self.low.shape[1], first.shape[2], first.shape[3])
        made = torch.empty(shape, memory_format=torch.channels_last)
        for part in parts:
            end = start + part.shape[1]
            low, target = self.low[:, start:end], made[:, start:end]
            if self.rising:
                torch.maximum(part, low, out=target)
            else:
                torch.clamp(part, low, self.high[:, start:end], out=target)
            start = end
        return made


class FusedNorm:
    """A norm by itself, with the ReLU after it if there is one."""

    def __init__(self, module: nn.Module, norm: str, relu: bool) -> None:
        scale, shift = fused_affine(module.get_submodule(norm))
        self.scale, self.shift = scale.float().view(1, -1, 1, 1), shift.float().view(1, -1, 1, 1)
        self.relu = relu

    def run(self, parts: list[Tensor]) -> Tensor:
        """Scale and shift."""
        made = torch.addcmul(self.shift, fused_join(parts), self.scale)
        return made.relu_() if self.relu else made


class FusedConv:
    """A convolution with the norm before it, the norm after it, and the ReLU after that."""

    def __init__(self, module: nn.Module, name: str, before: str, after: str, relu: bool) -> None:
        conv: Any = module.get_submodule(name)
        weight = conv.weight.detach().double()
        bias = torch.zeros(len(weight), dtype=torch.float64)
        if conv.bias is not None:
            bias = bias + conv.bias.detach().double()
        if before:
            scale, shift = fused_fold(module.get_submodule(before))
            bias = bias + weight[:, :, 0, 0] @ shift
            weight = weight * scale.view(1, -1, 1, 1)
        if after:
            scale, shift = fused_affine(module.get_submodule(after))
            weight, bias = weight * scale.view(-1, 1, 1, 1), bias * scale + shift
        self.bias, self.relu = bias.float(), relu
        self.weight = weight.float().contiguous(memory_format=torch.channels_last)
        self.window = (conv.padding, conv.stride, conv.dilation, conv.groups)
        self.shape: Any = None
        self.packed = self.weight

    def run(self, parts: list[Tensor]) -> Tensor:
        """By oneDNN, its weights laid out once for a size of input; by torch where that is not."""
        x = fused_join(parts).contiguous(memory_format=torch.channels_last)
        padding, stride, dilation, groups = self.window
        if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
            made = functional.conv2d(x, self.weight, self.bias, stride, padding, dilation, groups)
            return made.relu_() if self.relu else made
        if x.shape != self.shape:
            self.shape = x.shape
            self.packed = torch.ops.mkldnn._reorder_convolution_weight(
                self.weight, padding, stride, dilation, groups, list(x.shape)
            )
        name = "relu" if self.relu else "none"
        folded: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self.packed, self.bias, padding, stride, dilation, groups, name, [], ""
        )
        return folded


class FusedLayer:
    """A layer without weights."""

    def __init__(self, module: nn.Module, kind: str, *numbers: int) -> None:
        kinds = {
            "relu": torch.relu,
            "average": functional.avg_pool2d,
            "max": functional.max_pool2d,
            "average_to": functional.adaptive_avg_pool2d,
            "max_to": functional.adaptive_max_pool2d,
            "flatten": torch.flatten,
        }
        self.function: Any = kinds[kind]
        self.numbers = numbers

    def run(self, parts: list[Tensor]) -> Tensor:
        """What the function makes of the parts."""
        made: Tensor = self.function(fused_join(parts), *self.numbers)
        return made


class FusedLinear:
    """A fully connected layer."""

    def __init__(self, module: nn.Module, name: str) -> None:
        self.linear = module.get_submodule(name)

    def run(self, parts: list[Tensor]) -> Tensor:
        """Of flat features."""
        made: Tensor = self.linear(fused_join(parts))
        return made


def fused_affine(norm: Any) -> tuple[Tensor, Tensor]:
    """Scale and shift of a norm in evaluation, in float64."""
    scale = norm.weight.detach().double() / (norm.running_var.double() + norm.eps).sqrt()
    return scale, norm.bias.detach().double() - norm.running_mean.double() * scale


def fused_fold(norm: Any) -> tuple[Tensor, Tensor]:
    """Scale and shift, where a channel that cannot rise above zero has the scale zero.

    That is one whose scale is zero, then relu(shift) is all there is of it, or so small that its
    bound lies beyond all numbers that a float32 map holds.
    """
    scale, shift = fused_affine(norm)
    dead = (scale == 0) | ((shift < 0) & (-shift > 1e30 * scale.abs()))
    return torch.where(dead, 0.0, scale), torch.where(dead, shift.relu(), shift)


def fused_join(parts: list[Tensor]) -> Tensor:
    """Parts side by side."""
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
