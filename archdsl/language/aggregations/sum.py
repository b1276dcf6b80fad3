"""`sum`: the outputs are added, element by element. Widths must be equal; nothing broadcasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from archdsl.language.aggregation import Aggregation

if TYPE_CHECKING:
    from torch import Tensor


def total(outputs: list[Tensor]) -> Tensor:
    """The sum of the outputs."""
    result = outputs[0]
    for output in outputs[1:]:
        result = result + output
    return result


class Sum(Aggregation):
    """ResNet's aggregation."""

    kind: Literal["sum"]
    join: ClassVar = staticmethod(total)
    operation: ClassVar = "sum"
    infix: ClassVar[str | None] = "+"
    associative: ClassVar[bool] = True

    def says(self) -> str:
        """The aggregation in words."""
        return "added"
