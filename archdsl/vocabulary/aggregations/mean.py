"""`mean`: the outputs are averaged, element by element. Widths must be equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from archdsl.vocabulary.aggregation import Aggregation

if TYPE_CHECKING:
    from torch import Tensor


def mean(outputs: list[Tensor]) -> Tensor:
    """The mean of the outputs."""
    result = outputs[0]
    for output in outputs[1:]:
        result = result + output
    return result / len(outputs)


class Mean(Aggregation):
    """FractalNet's aggregation."""

    kind: Literal["mean"]
    join: ClassVar = staticmethod(mean)

    def says(self) -> str:
        """The aggregation in words."""
        return "averaged"
