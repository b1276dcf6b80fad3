"""A convolution on a CPU with the norms around it folded in; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from archdsl.runtime.fuse.folding import fused_affine, fused_fold


class FusedConv:
    """A convolution after the norm `before` whose ReLU is a bound, and with the norm `after`.

    Folded in float64, kept in float32. oneDNN's weights are laid out once for a size of input.
    """

    def __init__(self, conv: Any, before: Any, after: Any) -> None:
        weight = conv.weight.detach().double()
        bias = torch.zeros(len(weight), dtype=torch.float64)
        if conv.bias is not None:
            bias = bias + conv.bias.detach().double()
        if before is not None:
            scale, shift = fused_fold(before)
            bias = bias + weight[:, :, 0, 0] @ shift
            weight = weight * scale.view(1, -1, 1, 1)
        if after is not None:
            scale, shift = fused_affine(after)
            weight, bias = weight * scale.view(-1, 1, 1, 1), bias * scale + shift
        self.bias = bias.float()
        self.weight = weight.float().contiguous(memory_format=torch.channels_last)
        self.window = [list(conv.padding), list(conv.stride), list(conv.dilation), conv.groups]
        self.pointwise = (conv.kernel_size, *self.window) == ((1, 1), [0, 0], [1, 1], [1, 1], 1)
        self.packed: dict[Any, Tensor] = {}

    def step(self, shape: tuple[int, ...], relu: bool) -> Any:
        """The convolution of an input of this shape, and perhaps a ReLU."""
        if not fused_onednn():
            return lambda x: self.plainly(x, relu)
        convolve, weight = torch.ops.mkldnn._convolution_pointwise, self.pack(shape)
        more = (self.bias, *self.window, "relu" if relu else "none", [], "")
        return lambda x: convolve(x, weight, *more)

    def adding(self, shape: tuple[int, ...], relu: bool) -> Any:
        """The convolution added onto a tensor, and perhaps a ReLU of the sum; by oneDNN alone."""
        add, weight = torch.ops.mkldnn._convolution_pointwise_, self.pack(shape)
        more = (self.bias, *self.window, "add", None, "relu" if relu else None, [], None)
        return lambda total, x: add(total, x, weight, *more)

    def pack(self, shape: tuple[int, ...]) -> Tensor:
        """The weights, laid out for an input of this shape."""
        if shape not in self.packed:
            reorder = torch.ops.mkldnn._reorder_convolution_weight
            self.packed[shape] = reorder(self.weight, *self.window, list(shape))
        return self.packed[shape]

    def matrix(self) -> Tensor:
        """The weights as (numbers of a window, channels out)."""
        if "matrix" not in self.packed:
            self.packed["matrix"] = self.weight.permute(2, 3, 1, 0).flatten(0, 2).contiguous()
        return self.packed["matrix"]

    def plainly(self, x: Tensor, relu: bool) -> Tensor:
        """Without oneDNN."""
        padding, stride, dilation, groups = self.window
        made = functional.conv2d(x, self.weight, self.bias, stride, padding, dilation, groups)
        return made.relu_() if relu else made


def fused_onednn() -> bool:
    """Whether torch would use oneDNN."""
    mkldnn = torch.backends.mkldnn
    return bool(mkldnn.is_available() and mkldnn.enabled)
