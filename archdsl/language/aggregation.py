"""What an aggregation is: how the outputs a layer reads become the one tensor it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from archdsl.language.values import Words
from archdsl.language.weight import Weight, function_source

if TYPE_CHECKING:
    from archdsl.language.layers import LayerWords


class Aggregation(Words):
    """An aggregation operator. Features are dimension 1 of the tensors, after the batch.

    The word `kind:` names it. A subclass sets `kind: Literal["word"]`, a `join` function whose own
    text emitted files carry, the numbers that the function takes, and how widths combine. A single
    output is not joined. The compiler asks the questions below and tests for no class.
    """

    kind: str
    shorthand: ClassVar[str | None] = "kind"

    join: ClassVar[Callable[..., Any] | None] = None
    """`join(outputs, *numbers, *weights)`: a function of tensors that uses torch alone."""

    operation: ClassVar[Literal["sum", "mean", "concat"] | None] = None
    """The operation that `join` computes, if it is one that the backend has faster code for."""

    infix: ClassVar[str | None] = None
    """The operator of Python that computes `join`, such as `+`, where emitted code is straight."""

    equal_widths: ClassVar[bool] = True
    """Whether all outputs must have the same number of features; other sizes always must agree."""

    broadcasts: ClassVar[bool] = False
    """Whether sizes of 1 fit any size, as in torch: a gate of (C, 1, 1) and a map of (C, H, W)."""

    running: ClassVar[bool] = False
    """Whether each aggregate is made of the previous aggregate and the newest output alone."""

    folds: ClassVar[bool] = False
    """Whether each reader makes a state of its oldest output and joins the others with it in turn.

    `first` makes that state, also of an output that is read alone. `join` then takes the state and
    one output, from the older to the newer ones, and the weights of the layer that made the output.
    """

    first: ClassVar[Callable[..., Any] | None] = None
    """`first(output, *numbers)`: the state of a single output, where the aggregation folds."""

    associative: ClassVar[bool] = False
    """Whether joining a join with one more output equals joining all at once, in this order."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Drop what a base class claims about a `join` that this class replaces."""
        super().__pydantic_init_subclass__(**kwargs)
        if "join" in cls.__dict__:
            cls.operation = cls.__dict__.get("operation")
            cls.infix = cls.__dict__.get("infix")
            cls.associative = cls.__dict__.get("associative", False)

    @property
    def adds(self) -> bool:
        """Return whether two outputs are joined by `+`, before the activation if there is one."""
        return self.operation == "sum"

    @property
    def averages(self) -> bool:
        """Return whether outputs are joined by their mean."""
        return self.operation == "mean"

    @property
    def concatenates(self) -> bool:
        """Return whether outputs are joined along the features, in the order of the reads."""
        return self.operation == "concat"

    def arguments(self) -> tuple[int | float | str | bool, ...]:
        """The values that `join` takes after the outputs."""
        return ()

    def first_arguments(self) -> tuple[int | float | str | bool, ...]:
        """The values that `first` takes after the output."""
        return ()

    def of_readers(self) -> Aggregation | None:
        """Return the form of a running aggregation that folds, so that readers can choose outputs.

        It computes the same where each reader joins all outputs before it. None if there is none.
        """
        return None

    def order(self, reads: Sequence[int]) -> Sequence[int]:
        """Return the outputs that a reader reads in the order in which they are joined.

        Args:
            reads: indices of the outputs, in the order of the rule.
        """
        return sorted(reads) if self.folds else reads

    def start(self) -> tuple[LayerWords, ...]:
        """Return the layers that make the first aggregate of y_0, if it is another tensor.

        A running aggregation may keep a state unlike the outputs: `start` makes it, `join` writes
        an output into it, each layer reads it through `read`, and `end` makes the stage's output.
        """
        return ()

    def read(self, layer: int) -> tuple[LayerWords, ...]:
        """Return the layers through which a layer, counted from 1, reads a running aggregate."""
        return ()

    def end(self) -> tuple[LayerWords, ...]:
        """Return the layers through which the last running aggregate leaves its stage."""
        return ()

    def weights(self) -> Mapping[str, Weight]:
        """Return the weights that each reader of two or more outputs owns, by name.

        `join` takes them after the numbers, in this order. Where the aggregation folds, each output
        that some reader joins with a state owns them, for all its readers.
        """
        return {}

    def weights_for(self, widths: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the weights of one reader by name.

        Args:
            widths: features of the outputs that it joins, in the order of the reads.
        """
        sources, channels = len(widths), self.width(widths)
        return {name: own.sizes(sources, channels) for name, own in self.weights().items()}

    def holds(self, widths: Sequence[int]) -> Sequence[Sequence[range]] | None:
        """Return the features of the aggregate that hold each output, for the heat map.

        Features may hold several outputs, which are added there. None if all do.

        Args:
            widths: features of the outputs, in the order of the reads; of all that a running
                aggregate holds.
        """
        if len(widths) > 1 and not self.concatenates:
            return None
        ends = accumulate(widths)
        return [[range(end - width, end)] for width, end in zip(widths, ends, strict=True)]

    def strengths(self, weights: Mapping[str, Any]) -> Sequence[float] | None:
        """Return a number for each output that a reader reads, for the heat map.

        Args:
            weights: the reader's weights by name, as tensors of `torch`.

        None if the weights do not tell the outputs apart.
        """
        return None

    shares: ClassVar[Callable[..., Any] | None] = None
    """`shares(outputs, weights)`: a tensor for each output, how much of it each pixel takes.

    Set where the weights alone do not tell; `weights` are the reader's tensors by name. The heat
    map then shows the mean over given images.
    """

    def carried_strengths(
        self, writes: Sequence[Mapping[str, Any]], reading: Mapping[str, Any]
    ) -> Sequence[float] | None:
        """Return a number for each output in a state, for the heat map.

        Args:
            writes: the weights of the joins so far by name, as tensors of `torch`: the first one
                joined y_0 and y_1.
            reading: the weights of the layers through which the reader reads the state, by
                `layer.name`; empty for the exit.

        None if the weights do not tell the outputs apart.
        """
        return None

    def kept_outputs(self, tracked: Sequence[bool]) -> Sequence[int]:
        """Return which of the joined outputs autograd keeps for the backward pass.

        Args:
            tracked: for each output, whether it needs a gradient. Outputs that are computed from
                the network's input without weights need none.
        """
        return range(len(tracked)) if self.weights() else ()

    def kept_bytes(self, shapes: Sequence[tuple[int, ...]], tracked: Sequence[bool]) -> int:
        """Return how many more bytes autograd keeps, for float32 outputs of these shapes.

        Args:
            shapes: shapes of the outputs, without the batch.
            tracked: as for `kept_outputs`.
        """
        return 0

    def macs(self, shapes: Sequence[tuple[int, ...]]) -> int:
        """Return the multiply-adds of matrix products for one input, for outputs of these shapes.

        Sums and products of elements are not counted.
        """
        return 0

    def problem(self, widths: Sequence[int]) -> str | None:
        """Return why outputs with these features cannot be joined; None if they can.

        Shapes that must agree are compared elsewhere. The sentence follows `it joins`.
        """
        return None

    def width(self, widths: Sequence[int]) -> int:
        """Features of the aggregate, from those of two or more outputs in the order of reading."""
        return max(widths) if self.broadcasts else widths[0]

    def then(self) -> str | None:
        """The activation that a running aggregate passes through after each step, if any."""
        return None

    def dropped(self) -> float:
        """The probability with which drop-path leaves an output out of a mean while training."""
        return 0.0

    def says(self) -> str:
        """What happens to the outputs, as the end of the sentence `the outputs are ...`."""
        return f"joined by {self.kind}"

    def source(self) -> str:
        """The Python text of `join` for emitted files. Raises ArchdslError (A121)."""
        return function_source(self.join, f"the function `join` of `{self.kind}`")

    def first_source(self) -> str:
        """The Python text of `first` for emitted files. Raises ArchdslError (A121)."""
        return function_source(self.first, f"the function `first` of `{self.kind}`")
