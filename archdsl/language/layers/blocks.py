"""Blocks inside units: a stage in miniature, and its shorthands.

A block reads one input, y_0. Its parts 1 ... N are lists of layers; part l reads some of the
outputs before it, joined by the block's aggregation, and the exit joins outputs in the same way.
What the fields `layers`, `unit`, `connect`, `aggregate` and `exit` may hold is set where the whole
language is known (`archdsl/frontend/schema.py`), because a block may hold blocks.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from archdsl.language.exit import WordExit
from archdsl.language.layers.words import LayerWords
from archdsl.language.values import Bounds

LEVELS = 16
"""Most levels of a nest."""


LAYERS = (
    "the layers inside, or one named unit; for `parallel`, a list with the layers of each branch; "
    "for `block`, the number of its parts, or a list with one unit per part"
)


class Nested(LayerWords):
    """A layer that is made of lists of layers."""

    since: ClassVar[int] = 2


class Listed(Nested):
    """A layer whose lists are written in it."""

    shorthand: ClassVar[str | None] = "layers"
    resolved_later: ClassVar[frozenset[str]] = frozenset({"layers"})
    layers: Any = Field(
        None,
        description=LAYERS,
    )


class Strided(Listed):
    """A block whose parts take the stage's stride if they read the input alone."""

    def takes_stride(self) -> bool:
        """Return True: layers after the block do not stride again."""
        return True


class Residual(Listed):
    """The sum of the input and the output of the layers: y_0 + y_1."""

    layer: Literal["residual"] = "residual"


class Gate(Listed):
    """The product of the input and the output of the layers (Hu et al. 2018)."""

    layer: Literal["gate"] = "gate"


class Parallel(Strided):
    """Lists of layers that all read the input; their outputs are joined."""

    layer: Literal["parallel"] = "parallel"
    aggregate: Any = Field(None, description="how the outputs of its parts are joined")


class Block(Strided):
    """A number of equal parts, or a list of parts, with a rule, an aggregation and an exit."""

    layer: Literal["block"] = "block"
    shorthand: ClassVar[str | None] = None
    resolved_later: ClassVar[frozenset[str]] = frozenset({"layers", "unit"})
    unit: Any = Field(None, description="what each part computes, if `layers` is their number")
    connect: Any = Field(None, description="the rule that says which outputs each part reads")
    aggregate: Any = Field(None, description="how the outputs of its parts are joined")
    exit: Any = Field(WordExit(kind="rule"), description="which outputs leave the block")


class Nest(Listed):
    """A list of layers that holds itself, at the place of `inner`, a number of times (U-Net).

    `bottom` stands for `inner` in the innermost list. Lists of numbers have one entry per level.
    """

    layer: Literal["nest"] = "nest"
    shorthand: ClassVar[str | None] = None
    resolved_later: ClassVar[frozenset[str]] = frozenset({"layers", "bottom"})
    count: Annotated[int, Bounds(1, LEVELS)] = Field(description="how often the list is there")
    bottom: Any = Field(None, description="the layers inside the innermost list")


class Inner(Nested):
    """The next level of the nest around it: its list again, or at last its bottom."""

    layer: Literal["inner"] = "inner"
    bare: ClassVar[bool] = True


NESTED: tuple[type[Nested], ...] = (Residual, Gate, Parallel, Block, Nest, Inner)
