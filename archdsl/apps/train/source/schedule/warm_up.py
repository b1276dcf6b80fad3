"""The rise of the learning rate at the start of a training."""

from __future__ import annotations


def warm_up(progress: float, share: float) -> float:
    """Return progress / share up to 1.

    Args:
        progress: share of the steps that are done.
        share: of the steps in which the rate rises.
    """
    return min(1.0, progress / share)
