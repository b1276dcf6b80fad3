"""Norms in evaluation as a scale and a shift per channel; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def fused_affine(norm: Any) -> tuple[Tensor, Tensor]:
    """Scale and shift of a norm in evaluation, in float64."""
    scale = norm.weight.detach().double() / (norm.running_var.double() + norm.eps).sqrt()
    return scale, norm.bias.detach().double() - norm.running_mean.double() * scale


def fused_fold(norm: Any) -> tuple[Tensor, Tensor]:
    """Scale and shift of a norm whose ReLU becomes a bound.

    A channel that cannot rise above zero has the scale zero: relu(shift) is all there is of one
    whose scale is zero, or whose bound lies beyond all numbers that a float32 map holds.
    """
    scale, shift = fused_affine(norm)
    dead = (scale == 0) | ((shift < 0) & (-shift > 1e30 * scale.abs()))
    return torch.where(dead, 0.0, scale), torch.where(dead, shift.relu(), shift)
