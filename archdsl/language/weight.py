"""A weight that belongs to a reader: an aggregation may have some for each layer that it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from archdsl.errors import fail
from archdsl.language.source import plain_source

TORCH = frozenset({"torch", "Tensor", "nn", "functional"})
"""The names that an emitted file imports and functions of an aggregation may use."""


@dataclass(frozen=True, slots=True)
class Part:
    """The features of the aggregate divided by `count`, as in a state of so many streams."""

    of: Literal["channels"]
    count: int

    def __str__(self) -> str:
        return f"{self.of} // {self.count}"


Size = int | Literal["sources", "channels"] | Part
"""A size of a weight: a number, how many outputs the reader reads, features of the aggregate."""

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
        return tuple(_size(size, values) for size in self.shape)

    def takes_channels(self) -> bool:
        """Return whether the shape depends on the features of the aggregate."""
        return any(isinstance(size, Part) or size == "channels" for size in self.shape)

    def source(self) -> str:
        """Return the text of `initial`. Raises ArchdslError (A121)."""
        return function_source(self.initial, "the function `initial` of a weight")


def _size(size: Size, values: Mapping[str, int]) -> int:
    """Return a size of one reader's weight."""
    if isinstance(size, Part):
        return values[size.of] // size.count
    return size if isinstance(size, int) else values[size]


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
