"""`streams`: hyper-connections, a state of n streams that every layer reads and writes.

Zhu et al. 2024, "Hyper-Connections", arXiv:2409.19606. The streams start as copies of y_0. Layer l
reads a learned sum of them. Its output is written to each stream times a learned number, after the
streams were mixed by a learned n x n matrix. Their sum leaves the stage. At first a layer reads one
stream, in turns, writes to all alike, and mixes nothing. Each layer owns n (n + 2) weights.

Where layers choose what they read, the state of one layer is not that of the next. Each reader then
starts with copies of the oldest output that it reads, and writes the others into them in turn, with
the weights of the layers that made them: under the rule `full` this is the same network.

With `mixing: doubly-stochastic` the matrix is e to the power of what is learned, and its columns
and rows add up to 1 after 20 rounds of Sinkhorn's normalisation (Xie et al. 2025, "mHC",
arXiv:2512.24880). It is computed by a softmax first, which large numbers do not overflow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from archdsl.language.aggregation import Aggregation
from archdsl.language.aggregations.streams_functions import (
    copies,
    hundredths,
    identity,
    nearly_identity,
    ones,
    write_streams,
    write_streams_by_content,
)
from archdsl.language.aggregations.weighted import zeros
from archdsl.language.layers.streams import AddStreams, Copies, ReadStreams
from archdsl.language.layers.words import LayerWords
from archdsl.language.values import Bounds
from archdsl.language.weight import Part, Weight

FLOAT = 4
"""Bytes of a float32."""

MOST = 64
"""Streams of a state: the matrix that mixes n of them has n x n numbers."""

ROUNDS = 20
"""Rounds of Sinkhorn's normalisation: the columns, then the rows."""


class Streams(Aggregation):
    """Hyper-connections."""

    since: ClassVar[int] = 2

    kind: Literal["streams"]
    count: Annotated[int, Bounds(1, MOST)] = Field(description="how many streams the state has")
    mixing: Literal["free", "doubly-stochastic"] = Field(
        "free", description="whether rows and columns of the matrix that mixes the streams sum to 1"
    )
    dynamic: bool = Field(
        False, description="whether each pixel adds to the weights what its channels say"
    )
    running: ClassVar[bool] = True
    equal_widths: ClassVar[bool] = False

    @property
    def join(self) -> Callable[..., Any]:  # type: ignore[override]
        """How an output is written into the state."""
        return write_streams_by_content if self.dynamic else write_streams

    def arguments(self) -> tuple[int]:
        """The rounds of normalisation."""
        return (ROUNDS if self.mixing == "doubly-stochastic" else 0,)

    def of_readers(self) -> StreamsOfReaders:
        """The same streams, filled by each reader for itself."""
        return StreamsOfReaders(**self.model_dump())

    def start(self) -> tuple[LayerWords, ...]:
        """Copies of y_0."""
        return (Copies(count=self.count),)

    def read(self, layer: int) -> tuple[LayerWords, ...]:
        """A learned sum of the streams, at first one of them in turns."""
        first = (layer - 1) % self.count
        return (ReadStreams(count=self.count, first=first, dynamic=self.dynamic),)

    def end(self) -> tuple[LayerWords, ...]:
        """The sum of the streams."""
        return (AddStreams(count=self.count),)

    def weights(self) -> Mapping[str, Weight]:
        """The matrix, the number for each stream, and what pixels add to both.

        The columns of `by` are for the columns of the matrix; the last one is for the numbers.
        """
        count, own = self.count, dict[str, Weight]()
        if self.dynamic:
            own["by"] = Weight((Part("channels", count), count + 1), zeros)
            own["scale"] = Weight((2,), hundredths)
        start = identity if self.mixing == "free" else nearly_identity
        return {"mix": Weight((count, count), start), "write": Weight((count,), ones), **own}

    def carried_strengths(
        self, writes: Sequence[Mapping[str, Any]], reading: Mapping[str, Any]
    ) -> Sequence[float] | None:
        """The factor with which each output is read; None where pixels change it.

        Each output is a row: how much of it is in each stream.
        """
        if self.dynamic:
            return None
        rows: list[Any] = [writes[0]["write"].new_ones(self.count)]
        for weights in writes:
            rows = [*(row @ self._mixed(weights["mix"]) for row in rows), weights["write"]]
        read = reading.get("read.weight")
        return [abs(float(row.sum() if read is None else row @ read)) for row in rows]

    def _mixed(self, mix: Any) -> Any:
        """The matrix that mixes the streams, as `join` makes it of its weight."""
        rounds = self.arguments()[0]
        mix = mix.softmax(dim=0) if rounds else mix
        for _ in range(rounds):
            mix = mix / mix.sum(dim=0, keepdim=True)
            mix = mix / mix.sum(dim=1, keepdim=True)
        return mix

    def macs(self, shapes: Sequence[tuple[int, ...]]) -> int:
        """The streams times the matrix; of dynamic ones what their channels say."""
        return prod(shapes[0]) * (self.count + self.dynamic)

    def kept_bytes(self, shapes: Sequence[tuple[int, ...]], tracked: Sequence[bool]) -> int:
        """The matrices of all rounds with their sums; of dynamic ones each pixel has its own.

        Some are factors of what the state or the output passes on, if these need a gradient.
        """
        state, output = tracked
        rounds, count = self.arguments()[0], self.count
        floats = 2 * rounds * count * (count + 1)
        if not self.dynamic:  # without rounds the matrix is the weight
            return FLOAT * (floats + (count**2 if rounds and state else 0))
        content = count * (count + 1)
        floats += count + content  # 1 / RMS, content after the tanh
        floats += (count**2 + content) * state  # the matrix, content before the tanh
        floats += count * output  # how much is written
        return FLOAT * floats * prod(shapes[1][1:])

    def problem(self, widths: Sequence[int]) -> str | None:
        """The newest output must be as wide as a stream."""
        state, newest = widths
        if state == self.count * newest:
            return None
        return f"outputs as wide as a stream, {state // self.count:,}, not {newest:,}"

    def width(self, widths: Sequence[int]) -> int:
        """The channels of all streams."""
        return widths[0]

    def says(self) -> str:
        """The aggregation in words."""
        return f"written into {self.count:,} streams, which are mixed before"


class StreamsOfReaders(Streams):
    """Hyper-connections where each reader fills streams of its own with the outputs that it reads.

    Its state starts as copies of the oldest of them.
    """

    running: ClassVar[bool] = False
    folds: ClassVar[bool] = True
    equal_widths: ClassVar[bool] = True
    first: ClassVar[Callable[..., Any] | None] = staticmethod(copies)

    def first_arguments(self) -> tuple[int]:
        """The number of copies."""
        return (self.count,)

    def start(self) -> tuple[LayerWords, ...]:
        """No layers: y_0 is an output like the others, and `first` makes the states."""
        return ()

    def width(self, widths: Sequence[int]) -> int:
        """The channels of all streams."""
        return self.count * widths[0]

    def problem(self, widths: Sequence[int]) -> str | None:
        """Outputs of equal shapes always fit."""
        return None

    def macs(self, shapes: Sequence[tuple[int, ...]]) -> int:
        """Those of one write for each output but the first."""
        first, *newer = shapes
        return len(newer) * super().macs([(self.count * prod(first),), first])

    def kept_outputs(self, tracked: Sequence[bool]) -> Sequence[int]:
        """All but the first, of which the state is a copy."""
        return range(1, len(tracked))

    def kept_bytes(self, shapes: Sequence[tuple[int, ...]], tracked: Sequence[bool]) -> int:
        """For each write the state before it, and what a write keeps."""
        first, *newer = shapes
        state = (self.count * first[0], *first[1:])
        pairs = zip([tracked[0], *[True] * len(newer)], tracked[1:], strict=False)
        keeps = (super(StreamsOfReaders, self).kept_bytes([state, first], pair) for pair in pairs)
        return len(newer) * FLOAT * prod(state) + sum(keeps)
