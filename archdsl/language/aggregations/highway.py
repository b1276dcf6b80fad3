"""`highway`: x + T * (H - x), for three outputs in the order x, H, T (Srivastava et al. 2015).

T is the transform gate, usually after a sigmoid: where it is 0 the input x passes unchanged, where
it is 1 the output is H.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal

from archdsl.language.aggregation import Aggregation

if TYPE_CHECKING:
    from torch import Tensor


def highway(outputs: list[Tensor]) -> Tensor:
    """x + T * (H - x): the gate T chooses between the input x and its transform H."""
    x, transform, gate = outputs
    return x + gate * (transform - x)


class Highway(Aggregation):
    """Highway networks' aggregation."""

    since: ClassVar[int] = 2

    kind: Literal["highway"]
    join: ClassVar = staticmethod(highway)

    def problem(self, widths: Sequence[int]) -> str | None:
        """It joins three outputs, neither more nor fewer."""
        return None if len(widths) == 3 else f"three outputs, x, H and T, not {len(widths):,}"

    def kept_outputs(self, tracked: Sequence[bool]) -> Sequence[int]:
        """The gate, if what it multiplies needs a gradient."""
        return (2,) if any(tracked[:2]) else ()

    def kept_bytes(self, shapes: Sequence[tuple[int, ...]], tracked: Sequence[bool]) -> int:
        """H - x, which is multiplied by the gate."""
        return 4 * prod(shapes[0]) if tracked[2] else 0

    def says(self) -> str:
        """The aggregation in words."""
        return "joined as x + T (H - x)"
