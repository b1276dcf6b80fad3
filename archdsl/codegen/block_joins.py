"""The modules of a block's aggregates, where these own weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archdsl.codegen.columns import Term
from archdsl.codegen.joins import JoinClass, JoinClasses
from archdsl.ir.layers.block import Block, Join
from archdsl.ir.layers.layer import Shape


@dataclass(frozen=True)
class JoinModule:
    """What the module of an aggregate is built with, or that of an output where aggregates fold.

    `sources` is how many outputs it joins; 0 for an output that no state holds but as its oldest.
    `width` is the number of features of the aggregate in one block, 0 if its class takes none, and
    `channels` what stands for it in the class of the block.
    """

    module: JoinClass
    sources: int
    width: int
    newest: int
    channels: Term | None = None


def exit_owns(block: Block) -> bool:
    """Return whether the exit has weights that are not those of a running aggregate."""
    operator = block.exit_operator
    owns = operator.weights() and not (operator.running or operator.folds)
    return bool(owns and len(block.exit) > 1)


def join_modules(block: Block, classes: JoinClasses) -> list[JoinModule]:
    """Return the modules of a block's aggregates: one for each part, then that of the exit.

    A part that reads one output has one without weights, so that part l has module l - 1. There
    are none for parts if none of them joins outputs with weights. Where aggregates fold, they are
    those of y_1, y_2, ...

    Args:
        block: the block.
        classes: the classes of its aggregations that own weights.
    """
    joins = {
        scope: (own, shapes)
        for own, shapes in block.joins()
        for scope in own.scopes
        if own.operator in classes
    }
    leaving = [_module(classes, *joins.pop("exit_join"))] if "exit_join" in joins else []
    if not joins:
        return leaving
    alone = classes[block.operator]
    if block.operator.folds:
        blank = JoinModule(alone, 0, 0, 0)
        scopes = [f"joins.{place}" for place in range(len(block.parts))]
        return [_module(classes, *joins[x]) if x in joins else blank for x in scopes] + leaving
    return [
        _module(classes, *joins[scope])
        if (scope := f"joins.{place}") in joins
        else JoinModule(alone, 1, shapes[0][0] if alone.channels else 0, 0)
        for place, shapes in enumerate(block.steps(block.shape)[0])
    ] + leaving


def _module(classes: JoinClasses, join: Join, shapes: Sequence[Shape]) -> JoinModule:
    operator, module = join.operator, classes[join.operator]
    outputs = (0, 1) if operator.running else join.outputs
    width = operator.width([shape[0] for shape in shapes]) if module.channels else 0
    return JoinModule(module, len(outputs), width, outputs.index(max(outputs)))
