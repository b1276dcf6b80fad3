"""Groups of weights for the optimizer."""

from __future__ import annotations

from typing import Any

from torch import nn


def all_decayed(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Return all weights as one group.

    Args:
        network: whose weights they are.
        decay: the weight decay.
    """
    return [{"params": list(network.parameters()), "weight_decay": decay}]


def weights_decayed(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Return two groups: weights with decay, and biases and the numbers of norms without.

    Args:
        network: whose weights they are.
        decay: the weight decay.
    """
    wide: list[nn.Parameter] = []
    narrow: list[nn.Parameter] = []
    for weight in network.parameters():
        (wide if weight.dim() > 1 else narrow).append(weight)
    return [{"params": wide, "weight_decay": decay}, {"params": narrow, "weight_decay": 0.0}]
