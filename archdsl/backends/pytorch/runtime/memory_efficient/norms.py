"""What the operator of a stage takes from batch norms, and the update of their statistics."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def stage_affine(norms: list[Any], x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Return scales and shifts; ones and zeros of the dtype of `x` for a norm without them.

    Args:
        norms: the norms.
        x: the input of the stage.
    """
    scales = [x.new_ones(n.num_features) if n.weight is None else n.weight for n in norms]
    shifts = [x.new_zeros(n.num_features) if n.bias is None else n.bias for n in norms]
    return scales, shifts


def stage_running(
    norms: list[Any], dtype: torch.dtype
) -> tuple[list[Tensor], list[Tensor], list[int]]:
    """Return `means`, `variances` and `running` as `StageArguments` describes them.

    Args:
        norms: the norms.
        dtype: of the statistics.
    """
    means: list[Tensor] = []
    variances: list[Tensor] = []
    running = []
    for norm in norms:
        if norm.training or norm.running_mean is None:
            running.append(-1)
            continue
        running.append(len(means))
        means.append(norm.running_mean.to(dtype))
        variances.append(norm.running_var.to(dtype))
    return means, variances, running


def stage_tracks(norm: Any) -> bool:
    """Return whether a norm updates its running statistics."""
    return bool(norm.training and norm.track_running_stats)


@torch.no_grad()
def stage_advance(updates: list[tuple[Any, Tensor, Tensor]], values: int) -> None:
    """Update running statistics as torch does, with the unbiased variance.

    Args:
        updates: norms with the mean and the biased variance of the batch.
        values: number of values per channel.
    """
    if counts := [n.num_batches_tracked for n, *_ in updates if n.num_batches_tracked is not None]:
        torch._foreach_add_(counts, 1)
    groups: dict[float, tuple[list[Tensor], list[Tensor]]] = {}
    for norm, mean, variance in updates:
        momentum = norm.momentum
        if momentum is None and norm.num_batches_tracked is not None:  # the average of all batches
            momentum = 1.0 / float(norm.num_batches_tracked)
        if norm.running_mean is None or momentum is None:
            continue
        running, batch = groups.setdefault(momentum, ([], []))
        dtype = norm.running_mean.dtype
        running += [norm.running_mean, norm.running_var]
        batch += [mean.to(dtype), (variance * (values / (values - 1))).to(dtype)]
    for momentum, (running, batch) in groups.items():
        torch._foreach_lerp_(running, batch, momentum)
