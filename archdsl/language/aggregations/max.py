"""`max`: the largest of the outputs, element by element. Widths must be equal.

Where two outputs are equal, each gets half of the gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal

from archdsl.language.aggregation import Aggregation

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def maximum(outputs: list[Tensor]) -> Tensor:
    """The largest of the outputs, element by element."""
    result = outputs[0]
    for output in outputs[1:]:
        result = torch.maximum(result, output)
    return result


class Max(Aggregation):
    """Maxout over outputs (Goodfellow et al. 2013)."""

    since: ClassVar[int] = 2

    kind: Literal["max"]
    join: ClassVar = staticmethod(maximum)

    # Not `associative` although it is, for the reason that `product` has.

    def kept_outputs(self, tracked: Sequence[bool]) -> Sequence[int]:
        """Every output of a comparison that needs a gradient, to know which was the largest."""
        newer = range(max(1, tracked.index(True)), len(tracked))
        return [0, *newer] if newer.start == 1 else newer

    def kept_bytes(self, shapes: Sequence[tuple[int, ...]], tracked: Sequence[bool]) -> int:
        """The maxima of the first 2, 3, ... outputs, which are compared in turn."""
        return 4 * prod(shapes[0]) * (len(shapes) - max(2, tracked.index(True)))

    def says(self) -> str:
        """The aggregation in words."""
        return "joined by their maximum"
