"""Outcomes of a search for changes: a set of changes, and the count that it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archdsl.apps.search.changes import Change


@dataclass(frozen=True)
class Outcome:
    """A set of changes, its number of parameters, and how that prints as the figure, if it does."""

    changes: tuple[Change, ...]
    parameters: int
    how: str | None
    edit: tuple[str, ...] = ()

    @property
    def rounds(self) -> bool:
        """Return whether the count rounds to the figure, and is not only truncated to it."""
        return self.how is not None and "rounded" in self.how

    @property
    def settings(self) -> dict[str, Any]:
        """Return the parameters to set."""
        return {name: value for change in self.changes for name, value in change.settings.items()}

    @property
    def rarity(self) -> int:
        """Return the sum of the rarities of the changes."""
        return sum(change.rarity for change in self.changes)


def distinct(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Omit outcomes whose number an earlier one has with a subset of their kinds of changes."""
    kinds_of: dict[int, list[set[str]]] = {}
    kept = []
    for outcome in outcomes:
        kinds = {change.kind for change in outcome.changes}
        same = kinds_of.setdefault(outcome.parameters, [])
        if not any(others <= kinds for others in same):
            same.append(kinds)
            kept.append(outcome)
    return kept
