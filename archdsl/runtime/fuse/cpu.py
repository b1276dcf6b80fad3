"""Steps on a CPU, in float32, by oneDNN and BLAS; pasted into emitted files."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from archdsl.runtime.fuse.convolution import FusedConv, fused_onednn
from archdsl.runtime.fuse.folding import fused_affine, fused_fold
from archdsl.runtime.fuse.product import FusedProduct
from archdsl.runtime.fuse.tape import FusedTape


class FusedCpu(FusedTape):
    """A tape whose convolutions have the norms around them in their weights."""

    TYPES = (torch.float32,)
    device = "cpu"

    @staticmethod
    def switches(x: Tensor) -> Any:
        """Whether oneDNN is used, and how exact products are."""
        return fused_onednn(), torch.get_float32_matmul_precision()

    def step(self, word: str) -> Any:
        """`onto` is the convolution that ends a unit, and adds to a sum."""
        return self.onto if word == "onto" else super().step(word)

    def conv(self, module: nn.Module, parts: list[int], passing: bool, *more: Any) -> int:
        """A convolution: its name, norm and ReLU before, pooling, norm after, and a ReLU."""
        *how, relu = more
        conv, x = self.prepared(module, parts, *how)
        shape = tuple(self.values[x].shape)
        if FusedProduct.pays(conv, shape):
            return self.do(FusedProduct(conv, relu, shape, self.scratch), x)
        return self.do(conv.step(shape, relu), x)

    def onto(self, module: nn.Module, parts: list[int], passing: bool, *more: Any) -> int:
        """A convolution, as above, onto a value; and perhaps a ReLU."""
        *how, total, relu = more
        conv, x = self.prepared(module, parts, *how)
        return self.do(conv.adding(self.values[x].shape, relu), total, x)

    def added(self, module: nn.Module, total: int, relu: bool) -> int:
        """A sum to which a unit is added: by its last convolution, unless that reads the sum."""
        *words, last = self.words(module) or [("",)]
        ends = last[0] == "conv" and not last[-1] and (words or last[2])
        if not ends or not fused_onednn():
            return super().added(module, total, relu)
        return self.take(module, [total], [*words, ("onto", *last[1:-1], total, relu)])[0]

    def prepared(self, module: nn.Module, parts: list[int], *how: Any) -> tuple[FusedConv, int]:
        """A folded convolution, and its input."""
        name, before, pool, after = how
        conv = self.fold(FusedConv, module, name, before, after)
        if before:
            parts = [self.gather(parts, *self.fold(fused_bounds, module, before))]
        x = self.join(parts)
        if pool:
            kernel, stride = pool
            x = self.do(partial(functional.avg_pool2d, kernel_size=kernel, stride=stride), x)
        return conv, x

    def norm(self, module: nn.Module, parts: list[int], passing: bool, *more: Any) -> int:
        """A norm by itself: its name, and whether a ReLU follows."""
        name, relu = more
        x = self.gather(parts, fused_scaled, *self.fold(fused_affine, module, name))
        x = self.do(torch.relu_, x) if relu else x
        return x if passing else self.apart(x)

    def gather(self, parts: list[int], function: Any, *numbers: Tensor) -> int:
        """Parts side by side after a function with numbers for every channel, in one pass."""
        n, _, h, w = self.values[parts[0]].shape
        widths = [self.values[part].shape[1] for part in parts]
        made = self.scratch("gathered", (n, sum(widths), h, w))
        return self.do(FusedGather(function, numbers, widths, made), *parts)


class FusedGather:
    """Parts side by side, each channel after a function with numbers of its own."""

    SMALL = 32768  # numbers that torch leaves to one thread: there starting a step costs most

    def __init__(
        self, function: Any, numbers: tuple[Tensor, ...], widths: list[int], made: Tensor
    ) -> None:
        self.function, self.made = function, made
        self.numbers = [number.float().view(1, -1, 1, 1) for number in numbers]
        split = [torch.split(x, widths, 1) for x in (made, *self.numbers)]
        self.own = list(zip(*split, strict=True))
        self.joined = len(widths) > 2 and made.numel() <= self.SMALL

    def __call__(self, *parts: Tensor) -> Tensor:
        """Read every part once; where there is little to read, all of them in one call."""
        if self.joined:
            torch.cat(parts, 1, out=self.made)
            self.function(self.made, *self.numbers, out=self.made)
            return self.made
        for part, (target, *numbers) in zip(parts, self.own, strict=True):
            self.function(part, *numbers, out=target)
        return self.made


def fused_scaled(part: Tensor, scale: Tensor, shift: Tensor, out: Tensor) -> Tensor:
    """Scale and shift."""
    return torch.addcmul(shift, part, scale, out=out)


def fused_bounds(norm: Any) -> tuple[Any, ...]:
    """The ReLU of a norm whose scale a and shift b are in the next convolution: what bounds x.

    relu(a x + b) is a max(x, -b / a) + b for a > 0, and a min(x, -b / a) + b for a < 0.
    """
    scale, shift = fused_fold(norm)
    bound = -shift / scale
    low = torch.where(scale > 0, bound, -torch.inf).where(scale != 0, 0.0)
    if bool((scale > 0).all()):
        return torch.maximum, low
    return torch.clamp, low, torch.where(scale < 0, bound, torch.inf).where(scale != 0, 0.0)
