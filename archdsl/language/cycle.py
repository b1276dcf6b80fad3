"""Units that alternate: `unit: {cycle: [a, b]}`.

What an entry may be is set where the whole language is known (`archdsl/frontend/nesting.py`).
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from archdsl.language.values import Words


class Cycle(Words):
    """Units that the layers use in turn: layer l uses entry (l - 1) mod n of n."""

    since: ClassVar[int] = 2
    cycle: tuple[Any, ...] = Field(description="units that the layers use in turn")

    def word(self) -> str:
        """Return the key that names this in a spec."""
        return "cycle"
