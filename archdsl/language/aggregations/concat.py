"""`concat`: the outputs are joined along the features, in the order of the reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from archdsl.language.aggregation import Aggregation

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def concat(outputs: list[Tensor]) -> Tensor:
    """The outputs side by side along the features; a single one is not copied."""
    return torch.cat(outputs, dim=1) if len(outputs) > 1 else outputs[0]


class Concat(Aggregation):
    """DenseNet's aggregation."""

    kind: Literal["concat"]
    join: ClassVar = staticmethod(concat)
    operation: ClassVar = "concat"
    equal_widths: ClassVar[bool] = False
    associative: ClassVar[bool] = True

    def width(self, widths: Sequence[int]) -> int:
        """All features together."""
        return sum(widths)

    def says(self) -> str:
        """The aggregation in words."""
        return "concatenated"
