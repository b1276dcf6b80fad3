"""What a connectivity rule is: which earlier outputs a layer reads, and what it promises of them.

Outputs of a stage are y_0 (the input) and y_1 ... y_n; layer l computes y_l and reads some of
y_0 ... y_(l-1). A custom rule is a subclass: `reads`, and as many closed forms as it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal, Self

from pydantic import Field

from archdsl.language.source import plain_source
from archdsl.language.values import Words


def floor_log(base: int, number: int) -> int:
    """Return the largest k with base**k <= number, in exact integers (floats fail at 3**5).

    Args:
        base: 2 or more.
        number: 1 or more.

    >>> floor_log(3, 242), floor_log(3, 243)
    (4, 5)
    """
    power, result = base, 0
    while power <= number:
        power, result = power * base, result + 1
    return result


def sum_of_ceilings(layers: int, step: int) -> int:
    """Return the sum of ceil(l / step) for l = 1 ... `layers`: `step` ones, `step` twos, ...

    Args:
        layers: the last l.
        step: the divisor, 1 or more.

    >>> sum_of_ceilings(5, 2)  # 1 + 1 + 2 + 2 + 3
    9
    """
    whole, rest = divmod(layers, step)
    return step * whole * (whole + 1) // 2 + rest * (whole + 1)


class Rule(Words):
    """A connectivity rule: a pure function of the layer index, per stage.

    The word `rule:` names it. Subclasses set `rule: Literal["word"]`, a `sources` function and
    the numbers it takes; the closed forms below are optional, but what is stated is checked.
    """

    rule: str
    scope: Literal["stage", "network"] = Field(
        "stage",
        description="`network`: the stages are one sequence, and layers read earlier stages, too",
    )
    shorthand: ClassVar[str | None] = "rule"

    sources: ClassVar[Callable[..., Sequence[int]] | None] = None
    """`sources(layer, *numbers)`: the reads. Its own text is what emitted files carry."""

    depth_is: ClassVar[Literal["layers", "rows"]] = "layers"
    """What a stage's depth counts where depths are compared; N rows have 2 N - 1 layers."""

    reads_one: ClassVar[bool] = False
    """Whether every layer reads a single output, so that nothing is joined in front of a layer."""

    reads_newest: ClassVar[bool] = False
    """Whether every layer and the exit read the newest output alone: the stage is a chain."""

    reads_all: ClassVar[bool] = False
    """Whether every layer reads all earlier outputs, as a running aggregate holds them."""

    deepest_first: ClassVar[bool] = False
    """Whether the first output that a layer reads is that of the deepest path.

    A stage that averages can then run that path alone: back from the exit, the first read of each.
    """

    grows: ClassVar[bool] = True
    """Whether the layers of a stage read what the first layers of a deeper stage read."""

    entry_strides: ClassVar[bool] = False
    """Whether every layer that reads y_0 alone takes the stage's stride, not only the first."""

    def needs(self) -> Mapping[str, int]:
        """Return the version that each key needs: version 1 reserved the scope `network`."""
        newer = {"scope": 2} if self.scope == "network" else {}
        return {**self.keys_since, **newer}

    @property
    def reverses(self) -> bool:
        """Whether `reads` are those of `sources` in the opposite order."""
        return False

    @property
    def newest_first(self) -> bool:
        """Whether the spec may name another order than that with the newest output first."""
        return False

    def oldest_first(self) -> Self:
        """Return the rule with the oldest output first, if that is a matter of a key."""
        return self

    def arguments(self) -> tuple[int | tuple[int, ...], ...]:
        """The numbers that `sources` takes after the layer."""
        return ()

    def reads(self, layer: int) -> Sequence[int]:
        """Indices of the outputs that `layer` (1, 2, ...) reads, in order."""
        assert self.sources is not None, "a rule defines `sources` or overrides `reads`"
        return type(self).sources(layer, *self.arguments())  # type: ignore[misc]

    def exit_reads(self, layers: int) -> Sequence[int]:
        """Indices of the outputs of `layers` layers that an exit by this rule reads, in order.

        It reads what a layer N + 1 would read, unless a rule overrides this.
        """
        return self.reads(layers + 1)

    def fan_in(self, layer: int) -> int:
        """How many outputs `layer` reads."""
        return len(self.reads(layer))

    def links(self, layers: int) -> int:
        """All reads of layers 1 ... `layers` together."""
        return sum(self.fan_in(layer) for layer in range(1, layers + 1))

    def bound(self, layers: int) -> int:
        """An upper bound that `links` must keep; every rule keeps the full one."""
        return layers * (layers + 1) // 2

    def fan_in_bound(self, layer: int) -> int:
        """An upper bound that `fan_in` must keep at every layer; claims are checked here."""
        return layer

    def offsets(self, layers: int) -> Sequence[int] | None:
        """The distances read back, ascending, if layer l reads l - o for every such o <= l."""
        return None

    def most_read(self, layers: int) -> int:
        """The largest fan-in of layers 1 ... `layers`.

        With fixed distances it is the fan-in of the last layer, which has room for most of them.
        """
        if self.offsets(layers) is not None:
            return self.fan_in(layers)
        return max(self.fan_in(layer) for layer in range(1, layers + 1))

    def column_count(self, layers: int) -> int | None:
        """The number of columns, if `layers` layers are a whole block of `fractal`'s shape."""
        return None

    def for_layers(self, layers: int) -> Self:
        """Return the rule for a stage of `layers` layers, if its reads depend on their number."""
        return self

    def at_depth(self, depth: int) -> tuple[Self, int]:
        """Return the rule for a stage of this depth, and the stage's number of layers."""
        return self, depth

    def depth_given(self) -> int | None:
        """The number of layers, if the rule's own numbers say it; then `layers` may be left out."""
        return None

    def problem(self, layers: int) -> str | None:
        """Why this rule cannot serve `layers` layers, if it cannot."""
        return None

    def exit_problem(self, layers: int) -> str | None:
        """Why this rule cannot be the rule of an exit of `layers` layers, if it cannot."""
        return self.problem(layers)

    def same_exit_problem(self, layers: int) -> str | None:
        """Why the exit of `layers` layers cannot read by this rule too, as `exit: rule` says."""
        return None

    def cycle(self, layers: int) -> str | None:
        """Return which layer would read an output that does not exist yet; None if none does."""
        return None

    def plain_because(self, layers: int) -> str | None:
        """Why this rule reads as `plain` does in a stage of `layers` layers, if it does so.

        It is printed as a warning, in front of `of stage 0: this is the rule plain`.
        """
        return None

    def says(self) -> str:
        """What a layer reads, as the end of the sentence `a layer reads ...`."""
        return f"by the rule {self.rule}"

    def exit_says(self) -> str:
        """What an exit by this rule reads, as the end of the sentence `the exit reads ...`."""
        return self.says()

    def source(self) -> str | None:
        """The Python text of `sources` for emitted files; None has the reads written as a table."""
        return None if self.sources is None else plain_source(self.sources)
