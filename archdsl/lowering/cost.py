"""How many primitives a network has, counted before anything is built.

A primitive is a layer inside a unit, a stem, a transition or a head. Arithmetic that names `layer`
or `incoming` may be evaluated in every layer of a stage, and counts as one more primitive for every
`TEXT` characters.
"""

from __future__ import annotations

from typing import Any

from archdsl.frontend.load import Spec
from archdsl.frontend.resolve import deferred
from archdsl.frontend.schema import LayerList, Transition
from archdsl.lowering.stage_plan import StagePlan, UnitWords

TEXT = 20
"""Characters of arithmetic, or entries of a list that it adds up, that take as long as a layer."""

PROJECTION = 2
"""Most layers of a projection: a convolution and a norm."""

TRANSITION = 4
"""Most layers of a transition: norm, ReLU, convolution and pooling."""


def primitives(plan: StagePlan) -> int:
    """Primitives of a stage, its projection included."""
    each = [unit_cost(unit, plan.scope.values) for unit in plan.units]
    layers = sum(each) if len(each) > 1 else plan.units_count * each[0]
    return layers + _entry_cost(plan)


def _entry_cost(plan: StagePlan) -> int:
    """Primitives of what makes y_0 of the input, the first unit not counted."""
    if isinstance(plan.entry, LayerList):
        return len(plan.entry.layers)
    return PROJECTION if plan.entry in {"projection", "pad"} else 0


def unit_cost(unit: UnitWords, values: Any) -> int:
    """Primitives of a unit, with what its arithmetic counts for."""
    count = len(unit.layers) if isinstance(unit, LayerList) else unit.size()
    waiting = {"layer", "incoming"}
    found = [item.expression for item in deferred(unit) if waiting & item.expression.names]
    return count + sum(-(-expression.work(values) // TEXT) for expression in found)


def around(spec: Spec, stages: int) -> int:
    """Primitives outside of stages."""
    words = spec.words
    ends = [chain for chain in (words.stem, words.head) if chain is not None]
    count = sum(len(chain.layers) for chain in ends)
    if words.between is None:
        return count
    each = TRANSITION if isinstance(words.between, Transition) else len(words.between.layers)
    return count + (stages - 1) * each
