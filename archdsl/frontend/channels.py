"""Find inputs that are written with their channels last."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.errors import Diagnostic
from archdsl.frontend.reader import Document
from archdsl.frontend.schema import Network

MOST_CHANNELS, LEAST_PIXELS = 4, 8
"""An image has up to four channels (grey, RGB, RGBA) and seldom fewer than eight rows."""


def channels_last(words: Network, document: Document) -> Iterator[Diagnostic]:
    """Yield A118 if the last size of an image or a volume looks like its channels.

    Args:
        words: the whole spec.
        document: where its values were written.
    """
    sizes = words.input
    if len(sizes) < 3 or not all(isinstance(size, int) for size in sizes):
        return
    *pixels, channels = sizes
    if channels <= MOST_CHANNELS and min(pixels) >= LEAST_PIXELS:
        written = " x ".join(map(str, sizes[1:]))
        yield Diagnostic(
            "A118",
            f"this input has {sizes[0]} channels of {written} pixels",
            source=document.source,
            span=document.span(("input",)),
            note="channels come first, as in PyTorch",
            help=f"write `{[channels, *pixels]}`",
            level="warning",
        )
