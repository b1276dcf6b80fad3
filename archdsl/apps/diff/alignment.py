"""Which layer of a stage is which layer of the other stage.

Units are aligned by their words with `difflib`, so an inserted layer has no counterpart, and the
layers after it keep theirs. A unit that replaces another one is its counterpart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

LONGEST = 1_000
"""Most entries of a list that is aligned: the time grows with the square."""

Opcode = tuple[str, int, int, int, int]
Row = tuple[int | None, int | None]
"""The number of an output before and after; None where a stage has no counterpart."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The outputs of two stages in one order. The first row is y_0, the others are layers."""

    rows: tuple[Row, ...]

    def positions(self, side: int) -> list[int]:
        """Return the row of each output y_0 ... y_N of the stage before (0) or after (1)."""
        return [position for position, row in enumerate(self.rows) if row[side] is not None]


def align(before: Sequence[str] | None, after: Sequence[str] | None) -> Alignment:
    """Align the layers of two stages.

    Stages of more than `LONGEST` layers are aligned by the numbers of their layers.

    Args:
        before: the words of each unit before the change; None if there was no stage.
        after: the words of each unit after it; None if there is no stage.

    >>> align(["a", "b"], ["a", "c", "b"]).rows
    ((0, 0), (1, 1), (None, 2), (2, 3))
    """
    entry = (None if before is None else 0, None if after is None else 0)
    return Alignment((entry, *_layers(before or (), after or ())))


def _layers(one: Sequence[str], other: Sequence[str]) -> Iterator[Row]:
    if max(len(one), len(other)) > LONGEST:
        yield from zip_longest(range(1, len(one) + 1), range(1, len(other) + 1))
        return
    for _, i, i_end, j, j_end in opcodes(one, other):
        yield from zip_longest(range(i + 1, i_end + 1), range(j + 1, j_end + 1))


def opcodes(one: Sequence[str], other: Sequence[str]) -> Sequence[Opcode]:
    """Return the steps from one list to another, as `SequenceMatcher.get_opcodes` does.

    Args:
        one: the entries before the change.
        other: the entries after it.
    """
    return SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
