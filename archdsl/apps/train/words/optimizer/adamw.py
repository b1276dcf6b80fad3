"""`adamw`: Adam whose weight decay does not pass through the averages of the gradient."""

from __future__ import annotations

from typing import Literal

from archdsl.apps.train.words.optimizer.adam import AdamNumbers


class AdamW(AdamNumbers):
    """Adam whose weight decay does not pass through the averages of the gradient."""

    kind: Literal["adamw"]

    def code(self) -> str:
        """The expression."""
        return f"torch.optim.AdamW(groups, settings.rate, {self.numbers()})"
