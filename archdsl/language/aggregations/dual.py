"""`dual`: the first `sum` channels are added, the others concatenated (Chen et al. 2017).

A Dual Path Network is a ResNet in its first channels and a DenseNet in the others. The result has
the sum first, then the other channels of each output in the order of the reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from archdsl.language.aggregation import Aggregation
from archdsl.language.values import Width

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def dual(outputs: list[Tensor], channels: int) -> Tensor:
    """The first channels of the outputs added, and after them the others side by side.

    Args:
        outputs: tensors of shape (N, their own number of channels, *sizes).
        channels: how many channels, the first ones, are added.
    """
    total = outputs[0][:, :channels]
    for output in outputs[1:]:
        total = total + output[:, :channels]
    return torch.cat([total, *(output[:, channels:] for output in outputs)], dim=1)


class Dual(Aggregation):
    """Dual Path Networks' aggregation."""

    since: ClassVar[int] = 2

    kind: Literal["dual"]
    sum: Width = Field(description="how many channels, the first ones, are added")
    join: ClassVar = staticmethod(dual)
    equal_widths: ClassVar[bool] = False
    associative: ClassVar[bool] = True

    def arguments(self) -> tuple[int]:
        """The channels that are added."""
        return (self.sum,)

    def problem(self, widths: Sequence[int]) -> str | None:
        """Every output needs the channels that are added."""
        if min(widths) >= self.sum:
            return None
        return f"outputs of at least {self.sum:,} channels (`sum`), and one has {min(widths):,}"

    def width(self, widths: Sequence[int]) -> int:
        """The channels of the sum, and those of each output that are not added."""
        return self.sum + sum(width - self.sum for width in widths)

    def holds(self, widths: Sequence[int]) -> Sequence[Sequence[range]]:
        """The sum, and the other channels of each output behind it."""
        if len(widths) == 1:
            return [[range(widths[0])]]
        ends = accumulate((width - self.sum for width in widths), initial=self.sum)
        return [[range(self.sum), range(start, end)] for start, end in pairwise(ends)]

    def says(self) -> str:
        """The aggregation in words."""
        return f"the first {self.sum:,} channels added, the others concatenated"
