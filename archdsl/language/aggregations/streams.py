"""`streams`: hyper-connections, a state of n streams that every layer reads and writes.

Zhu et al. 2024, "Hyper-Connections", arXiv:2409.19606. The streams start as copies of y_0. Layer l
reads a learned sum of them. Its output is written to each stream times a learned number, after the
streams were mixed by a learned n x n matrix. Their sum leaves the stage. At first a layer reads one
stream, in turns, writes to all alike, and mixes nothing. Each layer owns n (n + 2) weights.

With `mixing: doubly-stochastic` the matrix is e to the power of what is learned, and its columns
and rows add up to 1 after 20 rounds of Sinkhorn's normalisation (Xie et al. 2025, "mHC",
arXiv:2512.24880). It is computed by a softmax first, which large numbers do not overflow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from archdsl.language.aggregation import Aggregation
from archdsl.language.layers.streams import AddStreams, Copies, ReadStreams
from archdsl.language.layers.words import LayerWords
from archdsl.language.values import Bounds
from archdsl.language.weight import Part, Weight

if TYPE_CHECKING:
    import torch
    from torch import Tensor

FLOAT = 4
"""Bytes of a float32."""

MOST = 64
"""Streams of a state: the matrix that mixes n of them has n x n numbers."""

ROUNDS = 20
"""Rounds of Sinkhorn's normalisation: the columns, then the rows."""


def write_streams(outputs: list[Tensor], rounds: int, mix: Tensor, write: Tensor) -> Tensor:
    """The streams of a state, mixed, plus the newest output times a number for each stream.

    Args:
        outputs: the state, of shape (N, streams * C, ...), and the output, (N, C, ...).
        rounds: how often the columns and rows of `mix` are divided by their sums; 0 for never.
        mix: how much of each stream goes into each stream, (streams, streams).
        write: how much of the output is added to each stream, (streams,).
    """
    state, output = outputs
    mix = mix.softmax(dim=0) if rounds else mix
    for _ in range(rounds):
        mix = mix / mix.sum(dim=0, keepdim=True)
        mix = mix / mix.sum(dim=1, keepdim=True)
    streams = state.reshape(state.shape[0], len(write), output.shape[1:].numel())
    mixed = torch.bmm(mix.t().expand(streams.shape[0], -1, -1), streams)
    return (mixed + write.unsqueeze(1) * output.flatten(1).unsqueeze(1)).reshape(state.shape)


def write_streams_by_content(
    outputs: list[Tensor], rounds: int, mix: Tensor, write: Tensor, by: Tensor, scale: Tensor
) -> Tensor:
    """The streams of a state, mixed, plus the newest output times a number for each stream.

    Each pixel adds to `mix` and `write` a number that depends on its channels.

    Args:
        outputs: the state, of shape (N, streams * C, ...), and the output, (N, C, ...).
        rounds: how often the columns and rows of a mix are divided by their sums; 0 for never.
        mix: how much of each stream goes into each stream, (streams, streams).
        write: how much of the output is added to each stream, (streams,).
        by: what channels are multiplied with, (C, streams + 1); the last column is for `write`.
        scale: what these products are multiplied with after a tanh, (2,).
    """
    state, output = outputs
    batch, count, pixels = state.shape[0], len(write), output.shape[2:]
    streams = state.reshape(batch, count, *output.shape[1:])
    # The square of a float16 above 256 is infinite.
    wide = streams.to(torch.promote_types(streams.dtype, torch.float32))
    factor = (wide.pow(2).mean(dim=2, keepdim=True) + 1e-6).rsqrt().to(streams.dtype)
    maps = streams.reshape(batch * count, len(by), pixels.numel())
    content = torch.bmm(by.t().expand(maps.shape[0], -1, -1), maps)
    content = (content.reshape(batch, count, count + 1, *pixels) * factor).tanh()
    alone = [1] * len(pixels)
    mix = mix.reshape(count, count, *alone) + scale[0] * content[:, :, :-1]
    write = write.reshape(count, *alone) + scale[1] * content[:, :, -1]
    mix = mix.softmax(dim=1) if rounds else mix
    for _ in range(rounds):
        mix = mix / mix.sum(dim=1, keepdim=True)
        mix = mix / mix.sum(dim=2, keepdim=True)
    result = write.unsqueeze(2) * output.unsqueeze(1)
    for index in range(count):
        result = result + mix[:, index].unsqueeze(2) * streams[:, index].unsqueeze(1)
    return result.flatten(1, 2)


def identity(*sizes: int) -> Tensor:
    """A matrix that leaves the streams as they are."""
    return torch.eye(*sizes)


def nearly_identity(*sizes: int) -> Tensor:
    """Exponents of a matrix that nearly leaves the streams as they are: e^-8 off the diagonal."""
    return 8.0 * torch.eye(*sizes) - 8.0


def ones(*sizes: int) -> Tensor:
    """The output is written to every stream."""
    return torch.ones(sizes)


def zeros(*sizes: int) -> Tensor:
    """Channels say nothing yet."""
    return torch.zeros(sizes)


def hundredths(*sizes: int) -> Tensor:
    """What the channels say counts little at first."""
    return torch.full(sizes, 0.01)


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

    def kept_bytes(self, shapes: Sequence[tuple[int, ...]]) -> int:
        """The matrices of all rounds with their sums; of dynamic ones each pixel has its own."""
        rounds, count = self.arguments()[0], self.count
        floats = (2 * rounds + 1) * count**2 + 2 * rounds * count if rounds else 0
        if self.dynamic:
            # The matrix, content before and after the tanh, 1 / RMS, what is written.
            floats = (floats or count**2) + 2 * count * (count + 1) + 2 * count
            floats *= prod(shapes[1][1:])
        return FLOAT * floats

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
