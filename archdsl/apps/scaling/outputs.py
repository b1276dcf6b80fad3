"""Compute the shapes of the outputs of a stage in order, without building its graph."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod

from archdsl.errors import ArchdslError, fail
from archdsl.ir.ops import Shape
from archdsl.ir.shapes import after_aggregation, mismatch
from archdsl.language.aggregation import Aggregation
from archdsl.lowering.builder import check_widths
from archdsl.lowering.stage_plan import StagePlan


class Outputs:
    """The shapes of y_0, y_1, ... so far. `totals[i]` is the sum of the widths of the first i."""

    def __init__(self, plan: StagePlan, first: Shape) -> None:
        self.plan, self.operator = plan, plan.operator
        self.shapes, self.totals = [first], [0, first[0]]
        kind = type(plan.operator)
        self.blends = kind.width is Aggregation.width and kind.problem is Aggregation.problem
        """Whether joining outputs of one shape always gives this shape."""
        self.written: set[int] = set()
        """The outputs whose own weights are counted, where the aggregation folds."""
        self.alike = self.level = True
        """Whether all shapes are equal, and whether all sizes of feature maps are."""

    def append(self, shape: Shape) -> None:
        """Add the shape of the next output."""
        self.alike = self.alike and shape == self.shapes[0]
        self.level = self.level and shape[1:] == self.shapes[0][1:]
        self.shapes.append(shape)
        self.totals.append(self.totals[-1] + shape[0])

    def weights(self, layer: int, reads: Sequence[int], operator: Aggregation | None = None) -> int:
        """Return the number of weights of the aggregate that a layer reads.

        Args:
            layer: the number of the layer; N + 1 reads the outputs that leave the stage.
            reads: the outputs that it reads.
            operator: the aggregation; that of the stage if None.

        Raises:
            ArchdslError: A228 if the aggregation cannot join these outputs.
        """
        operator = operator or self.operator
        own = operator.weights()
        if operator.running:
            reads = range(layer)
        if not own or len(reads) < 2:
            return 0
        sources = 2 if operator.running else len(reads)
        channels = self.width(reads, f"layer {layer:,}", operator)
        each = sum(prod(weight.sizes(sources, channels)) for weight in own.values())
        return each * (len(self.newly_written(reads, operator)) if operator.folds else 1)

    def layer_weights(self, layer: int) -> int:
        """Return the number of weights that no earlier layer needs for what it reads."""
        reads = self.plan.rule.reads(layer)
        count = self.weights(layer, reads)
        if self.operator.folds:
            self.written |= self.newly_written(reads, self.operator)
        return count

    def newly_written(self, reads: Sequence[int], operator: Aggregation) -> set[int]:
        """Return the outputs that a reader writes into its state and no layer before it does.

        Args:
            reads: what it reads.
            operator: an aggregation that folds.
        """
        return {*operator.order(reads)[1:]} - self.written

    def exit_weights(self, plan: StagePlan) -> int:
        """Return the weights of the aggregate of the exit, for a stage that ends here."""
        operator = plan.exit_operator
        if plan.leaves == "last" or not operator.weights():
            return 0
        return self.weights(plan.layers + 1, plan.exit_reads(), operator)

    def joined(self, layer: int) -> Shape:
        """Return the input shape of a layer. Raise A210, A211 or A228 if its reads do not agree."""
        if self.alike and self.blends:
            return self.shapes[0]
        reads = range(layer) if self.operator.running else self.plan.rule.reads(layer)
        nearest = self.shapes[reads[0]]
        if len(reads) == 1 and not self.operator.folds:
            return nearest
        if not (self.alike if self.operator.equal_widths else self.level):
            self.check(layer, reads)
        if self.operator.broadcasts and not self.level:
            nearest = after_aggregation(self.operator, [self.shapes[read] for read in reads])
        return (self.width(reads, f"layer {layer:,}"), *nearest[1:])

    def width(self, reads: Sequence[int], reader: str, operator: Aggregation | None = None) -> int:
        """Return the number of features of an aggregate.

        Args:
            reads: the outputs that are joined.
            reader: what reads the aggregate, such as `layer 3`, for the error.
            operator: the aggregation; that of the stage if None.

        Raises:
            ArchdslError: A228 if the aggregation cannot join these outputs.
        """
        operator = operator or self.operator
        if operator.concatenates:
            if isinstance(reads, range) and abs(reads.step) == 1:
                return (
                    self.totals[max(reads[0], reads[-1]) + 1]
                    - self.totals[min(reads[0], reads[-1])]
                )
            return sum(self.shapes[read][0] for read in reads)
        widths = [self.shapes[read][0] for read in reads]
        if operator.running:  # each aggregate is made of the one before and one output
            return reduce(lambda total, width: self.join([total, width], reader, operator), widths)
        return self.join(widths, reader, operator)

    def join(self, widths: Sequence[int], reader: str, operator: Aggregation) -> int:
        """Return the number of features of the aggregate of outputs with these features.

        Args:
            widths: features of each output, in the order of the reads.
            reader: what reads the aggregate, for the error.
            operator: the aggregation.

        Raises:
            ArchdslError: A228 if the aggregation cannot join these outputs.
        """
        try:
            check_widths(operator, widths, reader)
        except ArchdslError as error:
            place = self.plan.place("aggregate")
            raise error.within(place["source"], place["span"]) from None
        return operator.width(widths)

    def check(self, layer: int, reads: Sequence[int]) -> None:
        """Raise an error if the shapes that a layer reads do not agree.

        Args:
            layer: the number of the layer, for the error.
            reads: the outputs that it reads.

        Raises:
            ArchdslError: A210 if the aggregation needs equal shapes, A211 if it needs equal sizes.
        """
        if mismatch(self.operator, [self.shapes[read] for read in reads]) is not None:
            raise fail(
                "A210" if self.operator.equal_widths else "A211",
                f"{self.operator.kind} would join outputs of different shapes in layer {layer:,}",
                **self.plan.place("aggregate"),
            )
