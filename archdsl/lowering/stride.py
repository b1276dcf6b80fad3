"""Which layer of a unit takes the stage's stride, and whether it is taken exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from archdsl.errors import Place, fail
from archdsl.frontend.resolve import waits_for
from archdsl.language.layers import LayerWords
from archdsl.language.unit import Unit
from archdsl.language.values import PerStage


def placed_by_list(
    written: Sequence[LayerWords], resolved: Sequence[LayerWords], stage: int, stride: int,
    places: Sequence[Place],
) -> bool:  # fmt: skip
    """Whether a list of layers places the stage's stride itself, by naming it in a step.

    Args:
        written: the list with its arithmetic.
        resolved: the same list with numbers in place of arithmetic.
        stage: the index of the stage, for entries of lists.
        stride: what the name `stride` stands for.
        places: where each layer of the list is written.

    Raises:
        ArchdslError: A225 if the layers that name `stride` stride by another factor together.
    """
    naming = [
        position
        for position, words in enumerate(written)
        if waits_for(_entry(words.step(), stage), "stride")
    ]
    total = prod(resolved[position].step() for position in naming)
    if naming and total != stride:
        raise fail(
            "A225",
            f"the layers that name `stride` stride by {total} together, "
            f"but the stage's stride is {stride} here",
            help="write `stride: stride` in one layer",
            **places[naming[-1]],
        )
    return bool(naming)


def check_unit(unit: Unit, stride: int, place: Place) -> None:
    """Raise A225 if a named unit does not apply the stride that it is passed.

    Args:
        unit: the unit with its numbers known.
        stride: the stride; the product of the layers' strides must be this times that at stride
            1.
        place: position of the unit in the spec.
    """
    strided, plain = (prod(map(_number, unit.layers(factor))) for factor in (stride, 1))
    if strided != stride * plain:
        raise fail(
            "A225",
            f"`{unit.kind}` strides by {strided} where the stage's stride is {stride}"
            + (f", and by {plain} elsewhere" if plain > 1 else ""),
            help="`layers(stride)` of the unit puts the stride on one of its layers",
            **place,
        )


def _number(words: LayerWords) -> int:
    step = words.step()
    return 1 if step is None else int(step)


def _entry(raw: Any, stage: int) -> Any:
    return raw.entries[stage] if isinstance(raw, PerStage) else raw
