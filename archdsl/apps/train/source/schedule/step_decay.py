"""A learning rate that falls in steps."""

from __future__ import annotations


def step_decay(progress: float, at: tuple[float, ...], factor: float) -> float:
    """Return the factor to the power of the number of points that are reached.

    Step k of n has progress k / n, which is rounded as the points are: the first step of epoch 150
    of 300 reaches the point 1/2, and the step before it does not.

    Args:
        progress: share of the steps that are done.
        at: the points, as shares.
        factor: what the rate is multiplied by at each.
    """
    return factor ** sum(progress >= point for point in at)
