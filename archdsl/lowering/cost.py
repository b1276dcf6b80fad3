"""How many primitives a network has, counted before anything is built.

A primitive is a layer inside a unit, a stem, a transition or a head. Arithmetic that names `layer`
or `incoming` may be evaluated in every layer of a stage, and counts as one more primitive for every
`TEXT` characters.
"""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.errors import ArchdslError
from archdsl.frontend.load import Spec
from archdsl.frontend.resolve import deferred, value
from archdsl.frontend.schema import LayerList, Transition
from archdsl.language.arithmetic import Scope
from archdsl.language.layers import LayerWords, Nested
from archdsl.language.unit import Unit
from archdsl.lowering.blocks import PARTS
from archdsl.lowering.stage_plan import StagePlan
from archdsl.lowering.units import Units, UnitWords, units_of

TEXT = 20
"""Characters of arithmetic, or entries of a list that it adds up, that take as long as a layer."""

PROJECTION = 2
"""Most layers of a projection: a convolution and a norm."""

TRANSITION = 4
"""Most layers of a transition: norm, ReLU, convolution and pooling."""


def primitives(plan: StagePlan) -> int:
    """Primitives of a stage, its projection included."""
    return _units_cost(plan.units, plan.units_count, plan.scope) + _entry_cost(plan)


def _units_cost(units: Units, layers: int, scope: Scope) -> int:
    """Primitives of so many layers that use units in turn."""
    each = [unit_cost(unit, scope) for unit in units.words]
    rounds, rest = divmod(layers, len(each))
    return rounds * sum(each) + sum(each[:rest])


def _entry_cost(plan: StagePlan) -> int:
    """Primitives of what makes y_0 of the input, the first unit not counted."""
    if isinstance(plan.entry, LayerList):
        return list_cost(plan.entry.layers, plan.scope)
    return PROJECTION if plan.entry in {"projection", "pad"} else 0


def unit_cost(unit: UnitWords, scope: Scope) -> int:
    """Primitives of a unit, with what its arithmetic counts for."""
    count = list_cost(unit.layers, scope) if isinstance(unit, LayerList) else unit.size()
    waiting = {"layer", "incoming", "entering"}
    found = [item.expression for item in deferred(unit) if waiting & item.expression.names]
    return count + sum(-(-expression.work(scope.values) // TEXT) for expression in found)


def list_cost(words: Sequence[LayerWords | Unit], scope: Scope) -> int:
    """Primitives of a list, those inside blocks counted as often as they are built."""
    return sum(_word_cost(word, scope) for word in words)


def _word_cost(word: LayerWords | Unit, scope: Scope) -> int:
    if isinstance(word, Unit):
        return word.size()
    if not isinstance(word, Nested):
        return 1
    alike = getattr(word, "unit", None)
    if alike is not None:
        return 1 + _units_cost(units_of(word.layers, alike), _parts(word, scope), scope)
    units = word.layers if isinstance(word.layers, tuple) else (word.layers,)
    nested = (unit for unit in units if isinstance(unit, Unit | LayerList))
    return 1 + sum(unit_cost(unit, scope) for unit in nested)


def _parts(word: Nested, scope: Scope) -> int:
    """How many parts a block has; the most there can be if that is not known yet."""
    try:
        count: int = value(word.layers, scope)
    except ArchdslError:  # told with its place when the block is lowered
        return PARTS
    return min(count, PARTS) if isinstance(count, int) else PARTS


def around(spec: Spec, stages: int) -> int:
    """Primitives outside of stages."""
    words, scope = spec.words, Scope(spec.parameters.values)
    ends = [chain for chain in (words.stem, words.head) if chain is not None]
    count = sum(list_cost(chain.layers, scope) for chain in ends)
    if words.between is None:
        return count
    each = (
        TRANSITION
        if isinstance(words.between, Transition)
        else list_cost(words.between.layers, scope)
    )
    return count + (stages - 1) * each
