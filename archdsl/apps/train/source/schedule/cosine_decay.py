"""A learning rate that falls along a cosine."""

from __future__ import annotations

import math


def cosine_decay(progress: float, final: float) -> float:
    """Return the value of half a period of a cosine, from 1 to the last value.

    Args:
        progress: share of the steps that are done.
        final: the last value.
    """
    return final + (1.0 - final) * (1.0 + math.cos(math.pi * progress)) / 2.0
