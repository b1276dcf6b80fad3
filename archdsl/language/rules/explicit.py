"""`{rule: explicit, reads: [[0], [1, 0], ...]}`: the reads of every layer, written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from archdsl.counted import counted
from archdsl.language.rule import Rule
from archdsl.language.values import DEEPEST, Bounds

Index = Annotated[int, Bounds(0, DEEPEST)]


class Explicit(Rule):
    """One list per layer, and one more for the exit if the stage's `exit` is `rule`.

    As the rule of an exit it has one list, that of the exit.
    """

    rule: Literal["explicit"]
    table: Annotated[
        tuple[Annotated[tuple[Index, ...], Field(min_length=1, strict=False)], ...],
        Field(
            min_length=1,
            max_length=5_000,
            alias="reads",
            strict=False,
            description="for each layer, and then for the exit, the outputs that it reads",
        ),
    ]

    def reads(self, layer: int) -> Sequence[int]:
        """The written list."""
        return self.table[layer - 1]

    def exit_reads(self, layers: int) -> Sequence[int]:
        """The last list: that of layer N + 1, or the only one of an exit with reads of its own."""
        return self.table[-1]

    def exit_problem(self, layers: int) -> str | None:
        """An exit needs one list."""
        return None if len(self.table) == 1 else "an exit takes one list of reads"

    def problem(self, layers: int) -> str | None:
        """Every layer needs a list of different outputs."""
        if len(self.table) not in {layers, layers + 1}:
            return f"{counted(len(self.table), 'list')} of reads for {counted(layers, 'layer')}"
        for layer, row in enumerate(self.table, start=1):
            if len(set(row)) < len(row):
                return f"the reads of layer {layer} repeat an output; each may occur once"
        return None

    def same_exit_problem(self, layers: int) -> str | None:
        """The exit needs a list after those of the layers."""
        if len(self.table) > layers:
            return None
        return "the exit by `rule` needs a list of its own, after those of the layers"

    def cycle(self, layers: int) -> str | None:
        """A layer reads outputs of earlier layers."""
        for layer, row in enumerate(self.table, start=1):
            if max(row) >= layer:
                return (
                    f"layer {layer} reads output {max(row)}, which does not exist yet: "
                    f"a layer reads outputs 0 to {layer - 1}, or there would be a cycle"
                )
        return None

    def says(self) -> str:
        """The reads in words."""
        return "the outputs listed for it"
