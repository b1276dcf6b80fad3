"""A block inside a unit: parts that read earlier outputs of the block, and an exit.

It is one layer to whatever is around it. Output 0 is the block's input, output l is what part l
makes; `reads[l - 1]` are the outputs that part l reads, joined by `operator` if there are several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import accumulate
from math import prod
from typing import ClassVar, TypeVar

from archdsl.errors import Diagnostic, Place
from archdsl.ir.layers.layer import FLOAT, Kept, Layer, Shape, Span, Weighted
from archdsl.language.aggregation import Aggregation

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Block(Weighted):
    """A block built for inputs of one shape. `flat`: its one part has no scope of its own.

    A block that is `apart` is another level of a nest: what holds it is the same at every level.
    """

    rearranges: ClassVar[bool] = True
    word: str
    shape: Shape
    parts: tuple[tuple[Layer, ...], ...]
    reads: tuple[tuple[int, ...], ...]
    operator: Aggregation
    exit: tuple[int, ...]
    flat: bool = False
    apart: bool = False

    def run(
        self, first: Value, part: Callable[[int, Value], Value],
        join: Callable[[Sequence[Value]], Value],
    ) -> Value:  # fmt: skip
        """Return a value for the result, from one for the input.

        Args:
            first: the value of the input.
            part: the value that a part, counted from 0, makes of what it reads.
            join: the value of an aggregate of two or more.
        """
        values = [first]
        for place, reads in enumerate((*self.reads, self.exit)):
            sources = [values[read] for read in reads]
            source = sources[0] if len(sources) == 1 else join(sources)
            values.append(part(place, source) if place < len(self.parts) else source)
        return values[-1]

    def inside(self) -> tuple[Layer, ...]:
        return tuple(layer for part in self.parts for layer in part)

    def scopes(self) -> Iterator[tuple[str, tuple[Layer, ...]]]:
        """Yield the prefix of the names of each part, and its layers."""
        for place, part in enumerate(self.parts):
            yield "" if self.flat else f"layers.{place}.", part

    def steps(self, shape: Shape) -> tuple[list[tuple[Shape, ...]], list[Shape], Shape]:
        """Return the shapes in each part, those of the aggregates, and that of the result.

        For a part: the shape that it reads, then the shape after each layer.
        """
        inside: list[tuple[Shape, ...]] = []
        joined: list[Shape] = []

        def part(place: int, source: Shape) -> Shape:
            layers = self.parts[place]
            shapes = accumulate(layers, lambda before, layer: layer.after(before), initial=source)
            inside.append(tuple(shapes))
            return inside[-1][-1]

        def join(sources: Sequence[Shape]) -> Shape:
            joined.append(joined_shape(self.operator, sources))
            return joined[-1]

        return inside, joined, self.run(shape, part, join)

    def after(self, shape: Shape) -> Shape:
        return self.steps(shape)[2]

    def takes(self) -> int:
        return self.shape[0]

    def makes(self) -> int:
        return self.after(self.shape)[0]

    def weights(self) -> dict[str, Shape]:
        return self._named(Weighted.weights.__name__)

    def statistics(self) -> dict[str, Shape]:
        return self._named(Weighted.statistics.__name__)

    def _named(self, kind: str) -> dict[str, Shape]:
        return {
            f"{prefix}{layer.name}.{key}": shape
            for prefix, part in self.scopes()
            for layer in part
            if isinstance(layer, Weighted)
            for key, shape in getattr(layer, kind)().items()
        }

    def each(self, shape: Shape) -> Iterator[tuple[Layer, Shape, Shape]]:
        """Yield the layers of all parts with the shapes of their input and result."""
        for part, shapes in zip(self.parts, self.steps(shape)[0], strict=True):
            yield from zip(part, shapes, shapes[1:], strict=False)

    def macs(self, after: Shape) -> int:
        return sum(layer.macs(result) for layer, _, result in self.each(self.shape))

    def operations(self, before: Shape, after: Shape) -> int:
        return sum(layer.operations(*shapes) for layer, *shapes in self.each(before))

    def depth(self) -> int:
        """Convolutions and linear layers on the longest path; those of a gate do not count."""
        if self.operator.broadcasts:
            return 0
        return self.run(
            0, lambda place, source: source + sum(x.depth() for x in self.parts[place]), max
        )

    def kept(self, before: Shape, after: Shape) -> Kept:
        # Each layer is asked once: asking twice would double the work at every depth of blocks.
        each = [(layer.kept(first, last), first, last) for layer, first, last in self.each(before)]
        total = sum(
            FLOAT * prod(shape)
            for keeps, first, last in each
            for shape, counts in ((first, keeps.input), (last, keeps.result))
            if counts
        )
        return Kept(extra=total + sum(keeps.extra for keeps, *_ in each), always=True)

    def window(self, before: Shape, axis: int = 0) -> tuple[Span, Span]:
        inside, _, after = self.steps(before)

        def part(place: int, source: tuple[Span, Span]) -> tuple[Span, Span]:
            size, stride = source
            for layer, shape in zip(self.parts[place], inside[place], strict=False):
                side, step = layer.window(shape, axis)
                size, stride = size + (side - 1) * stride, stride * step
            return size, stride

        whole: tuple[Span, Span] = (1, 1)
        size, _ = self.run(whole, part, max)
        if len(before) == 1 or len(after) != len(before):
            return size, 1
        one, other = before[axis + 1], after[axis + 1]
        return size, Fraction(one, other) if one < other else one // other

    def remarks(self, shape: Shape, place: Place) -> Iterator[Diagnostic]:
        yield from ()  # those of its layers are told where the layers are written

    def names(self) -> frozenset[str]:
        join = {"torch.cat"} if self.operator.concatenates else set()
        return frozenset().union(join, *(layer.names() for layer in self.inside()))

    def text(self) -> str:
        parts = [
            f"[{' '.join(layer.text() for layer in part)}]<-{_listed(reads)}"
            for part, reads in zip(self.parts, self.reads, strict=True)
        ]
        return f"{self.name}({' '.join(parts)} {self.operator.kind} {_listed(self.exit)})"

    def words(self) -> str:
        parts = "; ".join(", ".join(layer.words() for layer in part) for part in self.parts)
        return f"{self.word} ({parts})"

    def summary(self) -> str:
        return self.word


def largest(shapes: Sequence[Shape]) -> Shape:
    """Return the largest size in each dimension."""
    return tuple(map(max, zip(*shapes, strict=False)))


def joined_shape(operator: Aggregation, shapes: Sequence[Shape]) -> Shape:
    """Return the shape of an aggregate of shapes that agree; a running one joins step by step."""
    if operator.running and len(shapes) > 2:
        return reduce(lambda total, newest: joined_shape(operator, [total, newest]), shapes)
    first = largest(shapes) if operator.broadcasts else shapes[0]
    return (operator.width([shape[0] for shape in shapes]), *first[1:])


def _listed(reads: Sequence[int]) -> str:
    return ",".join(map(str, reads))
