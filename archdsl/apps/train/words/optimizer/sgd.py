"""`sgd`: stochastic gradient descent with momentum."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from archdsl.apps.train.words.numbers import Part
from archdsl.apps.train.words.word import OptimizerWords


class SGD(OptimizerWords):
    """Stochastic gradient descent with momentum."""

    kind: Literal["sgd"]
    momentum: Part = Field(0.9, description="share of the last step that a step adds; 0 for none")
    nesterov: bool = Field(False, description="whether the gradient is that after this addition")

    def code(self) -> str:
        """The expression. torch refuses Nesterov's momentum if it is 0, where it has no effect."""
        nesterov = ", nesterov=True" if self.nesterov and self.momentum else ""
        return f"torch.optim.SGD(groups, settings.rate, momentum={self.momentum!r}{nesterov})"
