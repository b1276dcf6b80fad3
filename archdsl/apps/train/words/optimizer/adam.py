"""`adam`: Adam (Kingma and Ba 2014), where weight decay is a part of the gradient."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from archdsl.apps.train.words.numbers import NumberBounds, Part
from archdsl.apps.train.words.word import OptimizerWords


class AdamNumbers(OptimizerWords):
    """The numbers of Adam and its variants."""

    betas: Annotated[tuple[Part, ...], Field(min_length=2, max_length=2, strict=False)] = Field(
        (0.9, 0.999), description="decay of the averages of the gradient and of its square"
    )
    eps: Annotated[float, NumberBounds(0, 1, whole=False, above=True)] = Field(
        1e-8, description="added to the denominator"
    )

    def numbers(self) -> str:
        """The numbers as arguments of torch's optimizers."""
        return f"betas={self.betas!r}, eps={self.eps!r}"


class Adam(AdamNumbers):
    """Adam, where weight decay is a part of the gradient."""

    kind: Literal["adam"]

    def code(self) -> str:
        """The expression."""
        return f"torch.optim.Adam(groups, settings.rate, {self.numbers()})"
