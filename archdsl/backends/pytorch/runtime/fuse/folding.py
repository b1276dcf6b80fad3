"""Norms in eval mode as a scale and a shift per channel; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

FUSED_LARGEST: float = 1e30
"""The largest bound that stands for a ReLU: a float32 map holds numbers up to 3e38."""


def fused_affine(norm: Any) -> tuple[Tensor, Tensor]:
    """Return scale and shift of a norm, (C,) each, in float64."""
    mean, variance = norm.running_mean.double(), norm.running_var.double()
    scale = norm.weight.detach().double() / (variance + norm.eps).sqrt()
    return scale, norm.bias.detach().double() - mean * scale


def fused_bounds(scale: Tensor, shift: Tensor) -> tuple[Tensor, Tensor | None] | None:
    """Return the lowest and the highest x (or None) for which relu(scale * x + shift) moves.

    relu(a x + b) is a max(x, -b / a) + b for a > 0 and a min(x, -b / a) + b for a < 0, so a
    convolution without padding can have a and b in its weights, if its input is cut off there.

    Args:
        scale: a, of shape (C,).
        shift: b, of shape (C,).

    Returns:
        Lower and upper bounds, (C,) each, in float32; None instead of upper bounds that are all
        infinite. None alone if a channel has no bound that is safe to compute with: its scale is
        zero or not finite, or the bound too large.
    """
    bound = -shift / scale
    if not bool((bound.abs() <= FUSED_LARGEST).all() & (scale.abs() <= FUSED_LARGEST).all()):
        return None
    low = torch.where(scale > 0, bound, -torch.inf).float()
    high = torch.where(scale < 0, bound, torch.inf).float()
    return low, None if bool((scale > 0).all()) else high
