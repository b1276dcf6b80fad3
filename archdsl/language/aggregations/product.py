"""`product`: the outputs are multiplied, element by element. Sizes of 1 are broadcast.

A gate of (C, 1, 1) times a map of (C, H, W) is squeeze-and-excitation (Hu et al. 2018). Either may
be read first.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal

from archdsl.language.aggregation import Aggregation

if TYPE_CHECKING:
    from torch import Tensor


def product(outputs: list[Tensor]) -> Tensor:
    """The product of the outputs, broadcast."""
    result = outputs[0]
    for output in outputs[1:]:
        result = result * output
    return result


class Product(Aggregation):
    """The aggregation of gates."""

    since: ClassVar[int] = 2

    kind: Literal["product"]
    join: ClassVar = staticmethod(product)
    broadcasts: ClassVar[bool] = True
    infix: ClassVar[str | None] = "*"

    # Not `associative`, although a product is: with a product that several readers share,
    # `kept_bytes` would count it once for each.

    def kept_outputs(self, tracked: Sequence[bool]) -> Sequence[int]:
        """Every factor of one that needs a gradient."""
        newer = [index for index in range(1, len(tracked)) if any(tracked[:index])]
        return [0, *newer] if tracked[1] else newer

    def kept_bytes(self, shapes: Sequence[tuple[int, ...]], tracked: Sequence[bool]) -> int:
        """The products of the first 2, 3, ... outputs, which are factors in turn."""
        counts = [count for count in range(2, len(shapes)) if tracked[count]]
        firsts = (zip(*shapes[:count], strict=True) for count in counts)
        return sum(4 * prod([max(sizes) for sizes in first]) for first in firsts)

    def says(self) -> str:
        """The aggregation in words."""
        return "multiplied"
