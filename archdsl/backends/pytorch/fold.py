"""Print the method `join` of a stage or a block whose readers each make a state."""

from __future__ import annotations

from collections.abc import Callable

from archdsl.backends.pytorch.literal import literal
from archdsl.backends.pytorch.writer import Writer
from archdsl.language.aggregation import Aggregation

PAIR = "[state, outputs[source]]"
"""What a step joins."""

STEP = f"self.joins[source - 1]({PAIR})"
"""A step whose weights belong to the output."""


def method(out: Writer, operator: Aggregation, step: Callable[[], None] | None) -> None:
    """Print the method, which joins what a reader reads from the oldest output on.

    Args:
        out: where to print.
        operator: the aggregation.
        step: prints the statement that joins the state with an output; None if each reader reads
            one output.
    """
    assert operator.first is not None
    name, numbers = operator.first.__name__, [*map(literal, operator.first_arguments())]
    with out.block("def join(self, outputs: list[Tensor], reads: list[int]) -> Tensor:"):
        if step is None:
            out.docstring("Return the state of the one output that is read.")
            out.call(f"return {name}(", ["outputs[reads[0]]", *numbers])
            return
        out.docstring("Return the state of the outputs that are read, joined from the oldest on.")
        out.line("oldest, *newer = reads")
        out.call(f"state = {name}(", ["outputs[oldest]", *numbers])
        with out.block("for source in newer:"):
            step()
        out.line("return state")
