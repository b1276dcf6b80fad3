"""What an aggregation is: how the outputs a layer reads become the one tensor it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from archdsl.errors import fail
from archdsl.vocabulary.source import plain_source
from archdsl.vocabulary.values import Words


class Aggregation(Words):
    """An aggregation operator. Features are dimension 1 of the tensors, after the batch.

    The word `kind:` names it. A subclass sets `kind: Literal["word"]`, a `join` function whose own
    text emitted files carry, and how widths combine. Of one output it must be that output itself.
    """

    kind: str
    shorthand: ClassVar[str | None] = "kind"

    join: ClassVar[Callable[..., Any] | None] = None
    """`join(outputs)`: a function of a list of tensors, reading only `torch` and its argument."""

    equal_widths: ClassVar[bool] = True
    """Whether all outputs must have the same number of features; other sizes always must agree."""

    running: ClassVar[bool] = False
    """Whether each aggregate is made of the previous aggregate and the newest output alone."""

    associative: ClassVar[bool] = False
    """Whether joining a join with one more output equals joining all at once, in this order."""

    def width(self, widths: Sequence[int]) -> int:
        """Features of the aggregate, from those of the outputs."""
        return widths[0]

    def says(self) -> str:
        """What happens to the outputs, as the end of the sentence `the outputs are ...`."""
        return f"joined by {self.kind}"

    def source(self) -> str:
        """The Python text of `join` for emitted files. Raises ArchdslError (A121)."""
        text = plain_source(self.join) if self.join is not None else None
        if text is None:
            raise fail(
                "A121",
                f"the function `join` of `{self.kind}` cannot be written into a file",
                help="write it as a plain function of a module, in ASCII, using `torch` alone",
            )
        return text
