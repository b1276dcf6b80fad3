"""The number that norms add to a variance."""

from __future__ import annotations


def eps_argument(eps: float) -> list[str]:
    """Return the argument of a norm's constructor; nothing if it is torch's default.

    >>> eps_argument(1e-5), eps_argument(1e-6)
    ([], ['eps=1e-06'])
    """
    return [] if eps == 1e-5 else [f"eps={eps!r}"]
