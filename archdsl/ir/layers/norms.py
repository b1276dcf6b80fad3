"""What norms share."""

from __future__ import annotations

from archdsl.errors import fail


def eps_argument(eps: float) -> list[str]:
    """Return the argument of a norm's constructor; nothing if it is torch's default.

    >>> eps_argument(1e-5), eps_argument(1e-6)
    ([], ['eps=1e-06'])
    """
    return [] if eps == 1e-5 else [f"eps={eps!r}"]


def refuse_single_numbers(kind: str, count: int) -> None:
    """Raise A214 if a norm would normalise single numbers.

    Args:
        kind: the norm, such as `layer` or `rms`.
        count: how many numbers it normalises together.
    """
    if count == 1:
        outcome = "keep nothing but its sign" if kind == "rms" else "make each of them 0"
        raise fail(
            "A214",
            f"{kind} norm of single numbers would {outcome}",
            help="normalise a larger map, or several channels together",
        )
