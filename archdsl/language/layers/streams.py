"""The layers around a state of several streams: no spec writes them, `streams` asks for them.

A state of n streams is one tensor whose channels are those of stream 0, then of stream 1, ...
"""

from __future__ import annotations

from typing import Literal

from archdsl.language.layers.words import LayerWords


class Copies(LayerWords):
    """`count` copies of the input, side by side: the first state of as many streams."""

    layer: Literal["copies"] = "copies"
    count: int


class ReadStreams(LayerWords):
    """A learned sum of `count` streams; training starts from stream `first` alone.

    With `dynamic` each pixel adds what its channels say to the learned weights.
    """

    layer: Literal["read"] = "read"
    count: int
    first: int
    dynamic: bool = False


class AddStreams(LayerWords):
    """The sum of `count` streams."""

    layer: Literal["add_streams"] = "add_streams"
    count: int
