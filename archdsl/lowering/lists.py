"""Units and lists of layers, with arithmetic, to layers whose numbers are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archdsl.errors import Diagnostic, Place, fail
from archdsl.frontend.resolve import resolve, resolve_each
from archdsl.frontend.schema import LayerList
from archdsl.ir.ops import Layer, Shape
from archdsl.language.arithmetic import Scope
from archdsl.language.layers import LayerWords, Nested
from archdsl.language.unit import Unit
from archdsl.lowering.chain import Made, lower_chain
from archdsl.lowering.stride import check_unit, placed_by_list
from archdsl.lowering.units import UnitWords


@dataclass(frozen=True)
class Context:
    """Where a unit or a list is lowered.

    `scope` has the names that its arithmetic may use, `at(*path)` is the place of a value below it,
    `remarks` collects warnings and notes, and `nest` lowers a block in the list.
    """

    scope: Scope
    at: Callable[..., Place]
    remarks: list[Diagnostic]
    nest: Callable[[Nested, str, Shape, int, Context], Layer]

    def below(self, *path: str | int, **names: int) -> Context:
        """Return the context of a value in this one, whose arithmetic may use more names."""
        scope = self.scope
        return replace(
            self,
            scope=Scope({**scope.values, **names}, scope.stage, scope.stages),
            at=lambda *rest: self.at(*path, *rest),
        )


def lower_unit(unit: UnitWords, shape: Shape, stride: int, context: Context) -> Made:
    """Return the layers of a unit. Raises ArchdslError (A1xx, A2xx, A301), located.

    Args:
        unit: a named unit, or a list.
        shape: shape of its input.
        stride: what it strides by.
        context: where it is.
    """
    if isinstance(unit, LayerList):
        return lower_list(unit.layers, shape, stride, context)
    place = context.at()
    layers = unit_layers(resolve(unit, context.scope, **place), stride, place)
    return lower_chain(layers, shape, 1, [place] * len(layers), context.remarks)


def unit_layers(unit: Unit, stride: int, place: Place) -> Sequence[LayerWords]:
    """Return the list that a named unit stands for. Raises ArchdslError (A225, A301)."""
    layers = unit.layers(stride)
    if len(layers) > unit.size():
        message = f"the unit `{unit.kind}` has {len(layers)} layers (limit {unit.size()})"
        raise fail("A301", message, **place)
    if stride > 1:
        check_unit(unit, stride, place)
    return layers


def lower_list(
    words: Sequence[LayerWords | Unit], shape: Shape, stride: int, context: Context
) -> Made:
    """Return the layers of a list, as `lower_unit` does.

    Arithmetic in the list may use the names of the context's scope alone.
    """
    scope = context.scope
    places = [context.at(position) for position in range(len(words))]
    resolved = resolve_each(words, scope, places)
    layers = [
        (word, resolved_word, place)
        for word, resolved_word, place in zip(words, resolved, places, strict=True)
        if isinstance(word, LayerWords) and isinstance(resolved_word, LayerWords)
    ]
    columns: Any = list(zip(*layers, strict=True)) or [(), (), ()]
    if placed_by_list(columns[0], columns[1], scope.stage or 0, stride, columns[2]):
        stride = 1
    flat: list[LayerWords] = []
    positions: list[int] = []
    left = stride
    for position, word in enumerate(resolved):
        here = unit_layers(word, left, places[position]) if isinstance(word, Unit) else [word]
        flat += here
        positions += [position] * len(here)
        if isinstance(word, Unit):
            stride = 1 if left > 1 else stride  # its layers state what they stride by
            left = 1
        elif word.takes_stride():
            left = 1

    def nest(word: Nested, name: str, shape: Shape, stride: int, index: int) -> Layer:
        inner = context.below(positions[index], word.layer)
        return context.nest(word, name, shape, stride, inner)

    return lower_chain(flat, shape, stride, [places[p] for p in positions], context.remarks, nest)
