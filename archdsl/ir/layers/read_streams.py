"""What a layer reads of a state of several streams."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

from archdsl.counted import counted, inflected
from archdsl.ir.layers.layer import FLOAT, Kept, Numbers, Shape, Weighted
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class ReadStreams(Weighted):
    """The sum of `count` streams of `features` channels, each times a learned weight.

    Training starts from stream `first` alone. If it is `dynamic`, each pixel adds to the weight of
    a stream `scale` times the tanh of `by` times the stream's RMS-normalised channels.
    """

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.ReadStreams,)
    varying: ClassVar[tuple[str, ...]] = ("features", "first")
    rearranges: ClassVar[bool] = True
    count: int
    features: int
    first: int
    dynamic: bool

    @classmethod
    def of(cls, word: words.ReadStreams, name: str, shape: Shape, stride: int) -> ReadStreams:
        """The layer for a word."""
        return cls(name, word.count, shape[0] // word.count, word.first, word.dynamic)

    def after(self, shape: Shape) -> Shape:
        return (shape[0] // self.count, *shape[1:])

    def takes(self) -> int:
        return self.count * self.features

    def weights(self) -> dict[str, Shape]:
        by = {"by": (self.features,), "scale": (1,)} if self.dynamic else {}
        return {"weight": (self.count,), **by}

    def macs(self, after: Shape) -> int:
        return self.count * prod(after) if self.dynamic else 0

    def kept(self, before: Shape, after: Shape) -> Kept:
        kept = Kept(input=True, always=True)
        if not self.dynamic:
            return kept
        # For each pixel and stream 1 / RMS and the tanh of its content. The content itself and the
        # weights are factors of what the state passes on, if it needs a gradient.
        pixels = FLOAT * self.count * prod(after[1:])
        alone = replace(kept, extra=2 * pixels)
        return replace(kept, extra=4 * pixels, untracked=alone)

    def text(self) -> str:
        how = "dynamic" if self.dynamic else "static"
        return f"{self.name}:{self.count}x{self.features}/{how}/from{self.first}"

    def words(self) -> str:
        how = ", each pixel its own" if self.dynamic else ""
        return f"read {counted(self.count, 'stream')}{how}"

    def helper(self) -> tuple[str, str]:
        if self.dynamic:
            return "read_streams_by_content", "ReadStreamsByContent"
        return "read_streams", "ReadStreams"

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        channels = [numbers["features"]] if self.dynamic else []
        return self.helper()[1], [str(self.count), *channels, numbers["first"]]

    def describe(self, numbers: Numbers) -> str:
        return f"learned sum of {self.count} {inflected(self.count, 'stream')}"
