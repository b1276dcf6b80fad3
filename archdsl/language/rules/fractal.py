"""`{rule: fractal, columns: C}`: C columns of units that join where their strides meet.

f_1 is a unit, f_(C+1)(z) is f_C(f_C(z)) joined with a unit of z (Larsson et al. 2016; figure 1(d)).
Row t of 2^(C-1) holds v + 1 units, where 2^v is the largest power of two that divides t: those of
the v + 1 deepest columns, deepest first. They are joined after it, and all take the joined value.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from archdsl.language.rule import Rule
from archdsl.language.values import Bounds

Columns = Annotated[int, Bounds(1, 64)]


def fractal(layer: int) -> list[int]:
    """Return the outputs that a layer reads: the last join of its column.

    Layers are numbered row by row, from 1. Row r has one layer, and one more each time 2 divides r.
    """
    row = (layer + 1) // 2
    first = 2 * row - 1 - (row - 1).bit_count()
    while first + (row & -row).bit_length() <= layer:
        first += (row & -row).bit_length()
        row += 1
    joined = row - 2 ** (layer - first)
    if joined == 0:
        return [0]
    start = 2 * joined - 1 - (joined - 1).bit_count()
    return list(range(start, start + (joined & -joined).bit_length()))


class Fractal(Rule):
    """FractalNet's topology; a stage is one block, and its `layers` follow from `columns`."""

    rule: Literal["fractal"]
    columns: Columns = Field(description="number of columns; the block has 2^(columns - 1) rows")
    sources: ClassVar = staticmethod(fractal)
    depth_is: ClassVar = "rows"
    deepest_first: ClassVar = True

    def depth_given(self) -> int:
        """2^C - 1 units."""
        return int(2**self.columns - 1)

    def links(self, layers: int) -> int:
        """6 * 2^K - K^2 - 3 K - 5 for K = C - 1, fewer than three per unit."""
        if layers != self.depth_given():
            return super().links(layers)
        deep = self.columns - 1
        return int(6 * 2**deep - deep**2 - 3 * deep - 5)

    def bound(self, layers: int) -> int:
        """3 N + 3, linear in the units; the block is (N + 1) / 2 units deep."""
        return 3 * layers + 3

    def fan_in_bound(self, layer: int) -> int:
        """As many as there are columns."""
        return self.columns

    def most_read(self, layers: int) -> int:
        """C - 1, of the row before the middle: only the exit reads the last one, of C."""
        if layers != self.depth_given():
            return super().most_read(layers)
        return max(1, self.columns - 1)

    def column_count(self, layers: int) -> int | None:
        """C."""
        return self.columns if layers == self.depth_given() else None

    def at_depth(self, depth: int) -> tuple[Self, int]:
        """The block with 2^(C - 1) = `depth` rows."""
        assert depth == 2 ** (depth.bit_length() - 1), "a block has a power of two of rows"
        rule = self.model_copy(update={"columns": depth.bit_length()})
        return rule, rule.depth_given()

    def problem(self, layers: int) -> str | None:
        """A block is whole."""
        if layers == self.depth_given():
            return None
        lower = 2 ** ((layers + 1).bit_length() - 1) - 1
        return (
            f"{self.columns} columns have {self.depth_given():,} layers, not {layers:,}: leave "
            f"`layers` out, or choose columns for {lower:,} or {2 * lower + 1:,}"
        )

    def says(self) -> str:
        """The reads in words."""
        return "the last join of its column"
