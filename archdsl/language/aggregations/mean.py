"""`mean`: the outputs are averaged, element by element. Widths must be equal.

With `drop_path: p` some outputs are left out of the means while training (Larsson et al. 2016): in
half of the passes one position alone is kept at every join of the network, a column of FractalNet;
in the others each output is dropped with probability p, but never all of one join.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from archdsl.language.aggregation import Aggregation
from archdsl.language.values import Chance

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
    drop_path: Chance = Field(
        0.0, description="probability with which an output is left out in training"
    )
    join: ClassVar = staticmethod(mean)
    operation: ClassVar = "mean"

    def dropped(self) -> float:
        """The probability of drop-path."""
        return self.drop_path

    def says(self) -> str:
        """The aggregation in words."""
        return "averaged" + (" with drop-path" if self.drop_path else "")
