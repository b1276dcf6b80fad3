"""`running`: relu(a + y), the previous aggregate plus the newest output, then an activation.

Post-activation ResNets need it: relu(x + F(x)) is not a sum of earlier outputs, because the
activation is between one sum and the next. Its links count as those of the rule `full`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.aggregation import Aggregation


class Running(Aggregation):
    """Post-activation ResNet's aggregation (He et al. 2015). Of y_0 alone it is y_0."""

    kind: Literal["running"]
    activation: Literal["relu", "gelu", "silu"] = Field(
        "relu", description="the function that each sum passes through"
    )
    operation: ClassVar = "sum"
    running: ClassVar[bool] = True

    def then(self) -> str:
        """The activation after each sum."""
        return self.activation

    def says(self) -> str:
        """The aggregation in words."""
        return f"as a running sum through {self.activation}"
