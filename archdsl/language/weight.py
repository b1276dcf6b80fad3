"""A weight that belongs to a reader: an aggregation may have some for each layer that it serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from archdsl.errors import fail
from archdsl.language.source import plain_source

TORCH = frozenset({"torch", "Tensor", "nn", "functional"})
"""The names that an emitted file imports and functions of an aggregation may use."""

Size = int | Literal["sources", "channels"]
"""A size of a weight: a number, how many outputs the reader reads, or features of the aggregate."""

VARYING: tuple[Literal["sources", "channels"], ...] = ("sources", "channels")


@dataclass(frozen=True, slots=True)
class Weight:
    """A trained tensor that each reader of two or more outputs owns.

    `initial(*sizes)` returns the tensor of shape `sizes` that training starts from. It is a plain
    function of a module that uses `torch` alone: emitted files carry its text. If `newest` is true
    it also takes the keyword `newest`: the index, among the outputs that the reader reads, of the
    one that is computed last.

    >>> def zeros(sources: int):
    ...     return torch.zeros(sources)
    >>> Weight(("sources",), zeros).sizes(sources=3, channels=16)
    (3,)
    """

    shape: tuple[Size, ...]
    initial: Callable[..., Any]
    newest: bool = False

    def sizes(self, sources: int, channels: int) -> tuple[int, ...]:
        """Return the shape of the weight of one reader.

        Args:
            sources: number of outputs that the reader reads.
            channels: features of their aggregate.
        """
        values = {"sources": sources, "channels": channels}
        return tuple(size if isinstance(size, int) else values[size] for size in self.shape)

    def source(self) -> str:
        """Return the text of `initial`. Raises ArchdslError (A121)."""
        return function_source(self.initial, "the function `initial` of a weight")


def function_source(function: Callable[..., Any] | None, subject: str) -> str:
    """Return the text of a function for emitted files.

    Args:
        function: a plain function of a module that uses `torch` alone.
        subject: what the diagnostic calls it.

    Raises:
        ArchdslError: A121 for anything else.
    """
    text = plain_source(function, TORCH) if function is not None else None
    if text is None:
        raise fail(
            "A121",
            f"{subject} cannot be written into a file",
            help="write it as a plain function of a module, in ASCII, using `torch` alone",
        )
    return text
