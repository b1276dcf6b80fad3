"""Blocks whose parts are one unit on evenly growing widths: one class for any number of parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archdsl.codegen.columns import Column, Number, Solution, Term, solve
from archdsl.ir.layers.block import Block

PartCall = tuple[str, dict[str, Number]]
"""The class of a part, and its arguments by name."""

STRAIGHT = 4
"""Most parts of a block that are written as statements."""


@dataclass(frozen=True)
class Growing:
    """The parts `class_name(start + step * position)`, for `count` positions from 0."""

    class_name: str
    start: Term
    step: Term
    count: Term


@dataclass(frozen=True)
class Growth:
    """The same for one block, with numbers."""

    class_name: str
    start: int
    step: int
    count: int


def growth(block: Block, parts: Mapping[tuple[Block, int], PartCall]) -> Growth | None:
    """Return how the parts of a block grow; None if they do not, or do not read all outputs.

    Args:
        block: the block.
        parts: class and arguments of each part with a scope of its own.
    """
    count = len(block.parts)
    if block.flat or count <= STRAIGHT or not _leaves(block) or not _listed(block):
        return None
    calls = [parts[block, place] for place in range(count)]
    numbers = [[*arguments.values()] for _, arguments in calls]
    if len({name for name, _ in calls}) > 1 or any(len(row) != 1 for row in numbers):
        return None
    start, step = numbers[0][0], numbers[1][0] - numbers[0][0]
    even = [[start + step * place] for place in range(count)]
    if not isinstance(start, int) or step < 1 or even != numbers:
        return None
    return Growth(calls[0][0], start, int(step), count)


def _leaves(block: Block) -> bool:
    """Whether each part reads all outputs before it, and all leave, or all but the input."""
    ends = {tuple(range(start, len(block.parts) + 1)) for start in (0, 1)}
    return block.whole and block.exit in ends


def _listed(block: Block) -> bool:
    """Whether the aggregations can be written for a list of any length, without weights."""
    operator = block.operator
    weighted = operator.weights() or block.exit_operator.weights()
    return (operator.concatenates or bool(operator.infix)) and not (operator.running or weighted)


def solved(growths: Sequence[Growth]) -> tuple[Growing, Solution]:
    """Return what the class of several blocks has, and its arguments.

    Args:
        growths: those of the blocks, which have parts of one class.
    """
    solution = solve([
        Column("channels", tuple(growth.start for growth in growths)),
        Column("growth", tuple(growth.step for growth in growths)),
        Column("layers", tuple(growth.count for growth in growths)),
    ])  # fmt: skip
    return Growing(growths[0].class_name, *solution.terms), solution
