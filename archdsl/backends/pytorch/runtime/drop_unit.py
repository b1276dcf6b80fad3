"""Stochastic depth; pasted into emitted files."""

from __future__ import annotations

from torch import Tensor


def drop_unit(x: Tensor, p: float, training: bool) -> Tensor:
    """Zero each sample with probability p in training; divide the others by 1 - p.

    Args:
        x: the output of a unit, of shape (N, channels, *sizes).
        p: the probability with which a sample is zeroed, below 1.
        training: whether the network is trained; if not, x is returned.
    """
    if p == 0 or not training:
        return x
    kept = x.new_empty(x.shape[0]).bernoulli_(1 - p)
    return (x.movedim(0, -1) * (kept / (1 - p))).movedim(-1, 0)
