"""`mixed`: of each output some channels are added to the state, the others extend it.

Mixed Link Networks (Wang et al. 2018) have two kinds of links. The state is y_0 at first. Of each
output, the first `inner` channels are added to the last channels of the state, and its other
channels are concatenated behind. With `inner: 0` this is DenseNet's concatenation; where all
channels are inner and the state is as wide as an output, it is ResNet's sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from archdsl.language.aggregation import Aggregation
from archdsl.language.values import WIDEST, Bounds

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def mixed(outputs: list[Tensor], inner: int) -> Tensor:
    """The state with the first channels of the output added to its last ones, and the others.

    Args:
        outputs: the state and the newest output, each of shape (N, its channels, *sizes).
        inner: how many channels are added.
    """
    state, output = outputs
    kept = state.shape[1] - inner
    added = state[:, kept:] + output[:, :inner]
    return torch.cat([state[:, :kept], added, output[:, inner:]], dim=1)


class Mixed(Aggregation):
    """Mixed Link Networks' aggregation."""

    since: ClassVar[int] = 2

    kind: Literal["mixed"]
    inner: Annotated[int, Bounds(0, WIDEST)] = Field(
        description="how many channels, an output's first ones, are added to the last of the state"
    )
    join: ClassVar = staticmethod(mixed)
    equal_widths: ClassVar[bool] = False
    running: ClassVar[bool] = True

    def arguments(self) -> tuple[int]:
        """The channels that are added."""
        return (self.inner,)

    def problem(self, widths: Sequence[int]) -> str | None:
        """The state and every output need the channels that are added."""
        if min(widths) >= self.inner:
            return None
        return f"outputs of at least {self.inner:,} channels (`inner`), and one has {min(widths):,}"

    def width(self, widths: Sequence[int]) -> int:
        """The channels of the state, and those of the output that are not added."""
        state, output = widths
        return state + output - self.inner

    def holds(self, widths: Sequence[int]) -> Sequence[Sequence[range]]:
        """Each output begins at the last channels of the state before it."""
        spans, end = [range(widths[0])], widths[0]
        for width in widths[1:]:
            spans.append(range(end - self.inner, end - self.inner + width))
            end = spans[-1].stop
        return [[span] for span in spans]

    def says(self) -> str:
        """The aggregation in words."""
        if not self.inner:
            return "concatenated"
        return f"the first {self.inner:,} channels added to the state, the others concatenated"
