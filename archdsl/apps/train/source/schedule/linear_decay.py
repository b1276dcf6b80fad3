"""A learning rate that falls in a straight line."""

from __future__ import annotations


def linear_decay(progress: float, final: float) -> float:
    """Return the value of a straight line from 1 to the last value.

    Args:
        progress: share of the steps that are done.
        final: the last value.
    """
    return 1.0 - (1.0 - final) * progress
