"""The shapes of the outputs of a stage, one after another, without building its graph."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod

from archdsl.errors import fail
from archdsl.ir.ops import Shape
from archdsl.ir.shapes import mismatch
from archdsl.language.aggregation import Aggregation
from archdsl.lowering.stage_plan import StagePlan


class Outputs:
    """The shapes of y_0, y_1, ... so far. `totals[i]` is the width of the first i together."""

    def __init__(self, plan: StagePlan, first: Shape) -> None:
        self.plan, self.operator = plan, plan.operator
        self.shapes, self.totals = [first], [0, first[0]]
        self.alike = self.level = True
        """Whether all shapes are equal, and whether they are but for their widths."""

    def append(self, shape: Shape) -> None:
        """Add the shape of the next output."""
        self.alike = self.alike and shape == self.shapes[0]
        self.level = self.level and shape[1:] == self.shapes[0][1:]
        self.shapes.append(shape)
        self.totals.append(self.totals[-1] + shape[0])

    def weights(self, layer: int, reads: Sequence[int]) -> int:
        """Weights of the aggregate that a layer reads; N + 1 reads what the exit takes."""
        own = self.operator.weights()
        if self.operator.running:
            reads = range(layer)
        if not own or len(reads) < 2:
            return 0
        sources = 2 if self.operator.running else len(reads)
        channels = self.width(reads)
        return sum(prod(weight.sizes(sources, channels)) for weight in own.values())

    def exit_weights(self, plan: StagePlan) -> int:
        """Weights of the aggregate that leaves a stage of as many layers as there are outputs."""
        if plan.leaves == "last" or not self.operator.weights():
            return 0
        last = plan.layers + 1
        return self.weights(last, range(last) if plan.leaves == "all" else plan.rule.reads(last))

    def joined(self, layer: int) -> Shape:
        """The shape of what a layer is given."""
        if self.alike and type(self.operator).width is Aggregation.width:
            return self.shapes[0]
        reads = range(layer) if self.operator.running else self.plan.rule.reads(layer)
        nearest = self.shapes[reads[0]]
        if len(reads) == 1:
            return nearest
        if not (self.alike if self.operator.equal_widths else self.level):
            self.check(layer, reads)
        return (self.width(reads), *nearest[1:])

    def width(self, reads: Sequence[int]) -> int:
        """Features of the aggregate."""
        if self.operator.concatenates:
            if isinstance(reads, range) and abs(reads.step) == 1:
                return (
                    self.totals[max(reads[0], reads[-1]) + 1]
                    - self.totals[min(reads[0], reads[-1])]
                )
            return sum(self.shapes[read][0] for read in reads)
        widths = [self.shapes[read][0] for read in reads]
        if self.operator.running:  # each aggregate is made of the one before and one output
            return reduce(lambda total, width: self.operator.width([total, width]), widths)
        return self.operator.width(widths)

    def check(self, layer: int, reads: Sequence[int]) -> None:
        """Refuse shapes that do not agree. Raises ArchdslError (A210, A211)."""
        if mismatch(self.operator, [self.shapes[read] for read in reads]) is not None:
            raise fail(
                "A210" if self.operator.equal_widths else "A211",
                f"{self.operator.kind} would join outputs of different shapes in layer {layer:,}",
                **self.plan.place("aggregate"),
            )
