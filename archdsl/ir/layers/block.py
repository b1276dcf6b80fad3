"""A block inside a unit: parts that read earlier outputs of the block, and an exit.

It is one layer to whatever is around it. Output 0 is the block's input, output l is what part l
makes; `reads[l - 1]` are the outputs that part l reads, joined by `operator` if there are several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar, TypeVar

from archdsl.errors import Diagnostic, Place
from archdsl.ir.layers.layer import Layer, Shape, Span, Weighted, after_chain
from archdsl.language.aggregation import Aggregation
from archdsl.language.aggregations import AGGREGATIONS
from archdsl.language.rule import Rule

if TYPE_CHECKING:
    from archdsl.ir.layers.walk import Activation, Walk

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Join:
    """An aggregate in a block.

    `reader` is the part that reads it first, counted from 0, or the number of parts for the exit.
    `scopes` begin the names of its weights, if the operator has some: `joins.2` or `exit_join`; one
    for each step of an operator that folds. `outputs` are those that it holds.
    """

    reader: int
    scopes: tuple[str, ...]
    operator: Aggregation
    outputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Block(Weighted):
    """A block built for inputs of one shape. `flat`: its one part has no scope of its own.

    `rule` is what `reads` follow, if the block has one. `joining` is the aggregation of the exit,
    if it differs from that of the parts. A block that is `apart` is another level of a nest: what
    holds it is the same at every level.
    """

    rearranges: ClassVar[bool] = True
    word: str
    shape: Shape
    parts: tuple[tuple[Layer, ...], ...]
    reads: tuple[tuple[int, ...], ...]
    operator: Aggregation
    exit: tuple[int, ...]
    flat: bool = False
    joining: Aggregation | None = None
    rule: Rule | None = None
    apart: bool = False

    @property
    def of_batch(self) -> bool:  # type: ignore[override]
        """Whether its parts are joined by a custom aggregation, which does not say."""
        return not {type(self.operator), type(self.exit_operator)} <= {*AGGREGATIONS}

    @property
    def exit_operator(self) -> Aggregation:
        """How the outputs that leave are joined."""
        return self.joining or self.operator

    def run(
        self, first: Value, part: Callable[[int, Value], Value],
        join: Callable[[Join, Sequence[Value]], Value],
    ) -> Value:  # fmt: skip
        """Return a value for the result, from one for the input.

        Args:
            first: the value of the input.
            part: the value that a part, counted from 0, makes of what it reads.
            join: the value of an aggregate of two or more, or of one where the operator folds.
        """
        values, total = [first], first
        for reader, reads in enumerate((*self.reads, self.exit)):
            own = self._join(reader, reads)
            if len(reads) == 1 and not own.operator.folds:
                source = values[reads[0]]
            elif own.operator.running:
                source = total = join(own, [total, values[-1]])
            else:
                source = join(own, [values[read] for read in reads])
            values.append(part(reader, source) if reader < len(self.reads) else source)
        return values[-1]

    def _join(self, reader: int, reads: tuple[int, ...]) -> Join:
        leaving = reader == len(self.reads)
        operator = self.exit_operator if leaving else self.operator
        if operator.folds:
            return Join(reader, tuple(f"joins.{read - 1}" for read in reads[1:]), operator, reads)
        if self.operator.running:  # part 1 makes the first output that is added
            return Join(reader, (f"joins.{reader - 1}",), self.operator, reads)
        return Join(reader, ("exit_join" if leaving else f"joins.{reader}",), operator, reads)

    @property
    def whole(self) -> bool:
        """Whether each part reads all outputs before it, in their order."""
        return all(own == tuple(range(place)) for place, own in enumerate(self.reads, start=1))

    def live(self) -> set[int]:
        """Return the outputs that the result depends on; N + 1 stands for the result."""
        live = {len(self.reads) + 1}
        for output, reads in reversed([*enumerate((*self.reads, self.exit), start=1)]):
            if output in live:
                live.update(reads)
        return live

    def joined(self, join: Join, shapes: Sequence[Shape]) -> Shape:
        """Return the shape of an aggregate.

        Args:
            join: the aggregation, and the outputs that it joins.
            shapes: the shapes of those outputs, in the same order.
        """
        return joined_shape(join.operator, shapes)

    def inside(self) -> tuple[Layer, ...]:
        return tuple(layer for part in self.parts for layer in part)

    def scopes(self) -> Iterator[tuple[str, tuple[Layer, ...]]]:
        """Yield the prefix of the names of each part, and its layers."""
        for place, part in enumerate(self.parts):
            yield "" if self.flat else f"layers.{place}.", part

    def steps(self, shape: Shape) -> tuple[list[tuple[Shape, ...]], Shape]:
        """Return the shapes in each part, and that of the result.

        For a part: the shape that it reads, then the shape after each layer.
        """
        inside: list[tuple[Shape, ...]] = []

        def part(place: int, source: Shape) -> Shape:
            layers = self.parts[place]
            shapes = accumulate(layers, lambda before, layer: layer.after(before), initial=source)
            inside.append(tuple(shapes))
            return inside[-1][-1]

        return inside, self.run(shape, part, self.joined)

    def joins(self) -> list[tuple[Join, list[Shape]]]:
        """Return the aggregates in the order of computation, with the shapes that they join."""
        joins: list[tuple[Join, list[Shape]]] = []

        def join(own: Join, sources: Sequence[Shape]) -> Shape:
            joins.append((own, list(sources)))
            return self.joined(own, sources)

        self.run(self.shape, lambda place, source: after_chain(self.parts[place], source), join)
        return joins

    def after(self, shape: Shape) -> Shape:
        return self.steps(shape)[1]

    def takes(self) -> int:
        return self.shape[0]

    def makes(self) -> int:
        return self.after(self.shape)[0]

    def weights(self) -> dict[str, Shape]:
        weights = self._named(Weighted.weights.__name__)
        if not (self.operator.weights() or self.exit_operator.weights()):
            return weights
        for join, shapes in self.joins():
            own = join.operator.weights_for([shape[0] for shape in shapes])
            for scope in join.scopes:
                weights |= {f"{scope}.{name}": size for name, size in own.items()}
        return weights

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
        inside = sum(layer.macs(result) for layer, _, result in self.each(self.shape))
        return inside + sum(join.operator.macs(shapes) for join, shapes in self.joins())

    def operations(self, before: Shape, after: Shape) -> int:
        return sum(layer.operations(*shapes) for layer, *shapes in self.each(before))

    def depth(self) -> int:
        """Convolutions and linear layers on the longest path; those of a gate do not count."""
        if self.operator.broadcasts:
            return 0
        return self.run(
            0,
            lambda place, source: source + sum(x.depth() for x in self.parts[place]),
            lambda _, sources: max(sources),
        )

    def walk(self, walk: Walk, source: Activation, after: Shape) -> Activation:
        return walk.block(self, source)

    def window(self, before: Shape, axis: int = 0) -> tuple[Span, Span]:
        inside, after = self.steps(before)

        def part(place: int, source: tuple[Span, Span]) -> tuple[Span, Span]:
            size, stride = source
            for layer, shape in zip(self.parts[place], inside[place], strict=False):
                side, step = layer.window(shape, axis)
                size, stride = size + (side - 1) * stride, stride * step
            return size, stride

        whole: tuple[Span, Span] = (1, 1)
        size, _ = self.run(whole, part, lambda _, sources: max(sources))
        if len(before) == 1 or len(after) != len(before):
            return size, 1
        one, other = before[axis + 1], after[axis + 1]
        return size, Fraction(one, other) if one < other else one // other

    def remarks(self, shape: Shape, place: Place) -> Iterator[Diagnostic]:
        yield from ()  # those of its layers are told where the layers are written

    def names(self) -> frozenset[str]:
        concatenates = self.operator.concatenates or self.exit_operator.concatenates
        join = {"torch.cat"} if concatenates else set()
        return frozenset().union(join, *(layer.names() for layer in self.inside()))

    def text(self) -> str:
        parts = [
            f"[{' '.join(layer.text() for layer in part)}]<-{_listed(reads)}"
            for part, reads in zip(self.parts, self.reads, strict=True)
        ]
        exit = " ".join([*([self.joining.kind] if self.joining else []), _listed(self.exit)])
        return f"{self.name}({' '.join(parts)} {self.operator.kind} {exit})"

    def words(self) -> str:
        parts = "; ".join(", ".join(layer.words() for layer in part) for part in self.parts)
        return f"{self.word} ({parts})"

    def summary(self) -> str:
        return self.word


def largest(shapes: Sequence[Shape]) -> Shape:
    """Return the largest size in each dimension."""
    return tuple(map(max, zip(*shapes, strict=False)))


def joined_shape(operator: Aggregation, shapes: Sequence[Shape]) -> Shape:
    """Return the shape of an aggregate of shapes that agree.

    Args:
        operator: the aggregation.
        shapes: the shapes that it joins, in the order of the reads.
    """
    first = largest(shapes) if operator.broadcasts else shapes[0]
    return (operator.width([shape[0] for shape in shapes]), *first[1:])


def blocks_of(layers: Sequence[Layer], prefix: str = "") -> Iterator[tuple[str, Block]]:
    """Yield path and block for each block in a list of layers, and for those inside them.

    Args:
        layers: the layers, in order.
        prefix: text before the name of a block: empty, or a path that ends with a dot.
    """
    for layer in layers:
        if isinstance(layer, Block):
            path = f"{prefix}{layer.name}"
            yield path, layer
            for scope, part in layer.scopes():
                yield from blocks_of(part, f"{path}.{scope}")


def _listed(reads: Sequence[int]) -> str:
    return ",".join(map(str, reads))
