"""Where the outputs of a stage live in one buffer, and what each reader gathers; data, no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Range = tuple[int, int]
"""Channels from the first to before the second."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The buffer of a concatenating stage, in channels.

    `places[i]` is the first channel of output y_i, which is `widths[i]` wide. `gathers[l - 1]` is
    what layer l reads, in order; the last of them is for the exit. An output that nobody reads any
    more leaves its channels to later ones.

    In the layout `prefix` all channels of a pixel are neighbours, so that neighbours
    are gathered as one range. In `planar` each output is a map of its own, and is gathered
    separately. An accelerator's buffer is planar whatever this says.
    """

    layout: str
    widths: tuple[int, ...]
    places: tuple[int, ...]
    gathers: tuple[tuple[Range, ...], ...]

    @property
    def channels(self) -> int:
        """How wide the buffer is."""
        return max(self.span(output)[1] for output in range(len(self.places)))

    def span(self, output: int) -> Range:
        """The channels of an output."""
        return self.places[output], self.places[output] + self.widths[output]

    def reads(self, sources: Iterable[int]) -> tuple[Range, ...]:
        """What a reader of these outputs gathers."""
        spans = [self.span(source) for source in sources]
        return tuple(merged(spans) if self.layout == "prefix" else spans)


def merged(ranges: Sequence[Range]) -> Iterator[Range]:
    """The same channels in the same order, neighbours as one range.

    >>> list(merged([(0, 4), (4, 8), (16, 20), (12, 16)]))
    [(0, 8), (16, 20), (12, 16)]
    """
    start, end = ranges[0]
    for first, last in ranges[1:]:
        if first == end:
            end = last
            continue
        yield start, end
        start, end = first, last
    yield start, end
