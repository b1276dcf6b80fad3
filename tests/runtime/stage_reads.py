"""What the tests of a stage's kernels share: what is read, and the same in float64."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from archdsl.backends.pytorch.runtime.memory_efficient.read import StageNorm
from backends.networks import apart

Runs = tuple[tuple[int, int], ...]
ROUNDING = {torch.float32: 1e-6, torch.float16: 1.5e-3, torch.bfloat16: 1.5e-2}
RUNS: dict[str, tuple[int, Runs]] = {
    "one run": (36, ((0, 36),)),
    "a prefix of growth 12": (60, ((0, 48),)),
    "several runs": (84, ((0, 24), (36, 48), (72, 84))),
    "newest first": (84, ((72, 84), (48, 60), (0, 24))),
    "odd widths": (23, ((1, 8), (9, 10), (12, 23))),
    "one channel": (2, ((1, 2),)),
    "more than a piece": (200, ((0, 130), (136, 200))),
}
KINDS = [("batch", True), ("batch", False), ("running", True), ("none", True)]


def maps(channels: int, dtype: torch.dtype, size: tuple[int, int, int] = (3, 5, 7)) -> Tensor:
    """Random maps in channels-last order; the default size is not a multiple of any tile."""
    n, h, w = size
    return torch.randn(n, h, w, channels).to(dtype).permute(0, 3, 1, 2)


def norm_of(x: Tensor, channels: int, kind: str = "batch") -> StageNorm | None:
    """A norm of `channels` channels of x, with the statistics of the batch or of its own."""
    if kind == "none":
        return None
    if kind == "running":
        mean, variance, scale, shift = torch.randn(4, channels)
        return StageNorm(mean, variance.exp(), scale, shift, 1e-3, batch=False)
    variance, mean = torch.var_mean(x.double(), (0, 2, 3), correction=0)
    scale, shift = torch.randn(2, channels)
    return StageNorm(mean.float(), variance.float(), scale, shift, 1e-3, batch=True)


def gathered(x: Tensor, runs: Runs) -> Tensor:
    return torch.cat([x[:, start:end] for start, end in runs], dim=1)


def width(runs: Runs) -> int:
    return sum(end - start for start, end in runs)


def exact(x: Tensor, runs: Runs, norm: StageNorm | None, relu: bool) -> tuple[Tensor, list[Tensor]]:
    """What a part reads, up to its convolution, in float64 by torch; and scale and shift."""
    y, weights = gathered(x, runs), []
    if norm is not None:
        weights = [w.detach().double().requires_grad_() for w in (norm.scale, norm.shift)]
        scale, shift = weights
        mean, variance = (None if norm.batch else own.double() for own in norm[:2])
        y = functional.batch_norm(y, mean, variance, scale, shift, norm.batch, 0.0, norm.eps)
    return y.relu() if relu else y, weights


def assert_near(
    results: list[Tensor], wanted: Tensor, dtype: torch.dtype, least: float = 0.0
) -> None:
    """Plain torch and the kernel are as near to float64 as the dtype allows.

    `least` is the smallest norm that errors are relative to, for sums that may be near zero.
    """
    for result in results:
        assert result.shape == wanted.shape
        assert apart(result, wanted, least) < ROUNDING[dtype]
