"""How many primitives a network has, counted before anything is built.

A primitive is a layer inside a unit, a stem, a transition or a head. Arithmetic that names `layer`
or `incoming` may be evaluated in every layer of a stage, and counts as one more primitive for every
`TEXT` characters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from archdsl.errors import ArchdslError
from archdsl.frontend.definitions import in_order
from archdsl.frontend.load import Spec
from archdsl.frontend.resolve import deferred, value
from archdsl.frontend.schema import LayerList, Transition
from archdsl.language.arithmetic import Scope
from archdsl.language.expression import Expression
from archdsl.language.layers import LEVELS, Inner, LayerWords, Listed, Nest
from archdsl.language.unit import Unit
from archdsl.lowering.definitions import Definitions
from archdsl.lowering.depth import depth
from archdsl.lowering.forms import PARTS
from archdsl.lowering.lists import level_scope
from archdsl.lowering.sequence import SequencePlan
from archdsl.lowering.stage_plan import StagePlan
from archdsl.lowering.units import Units, UnitWords, units_of

TEXT = 20
"""Characters of arithmetic, or entries of a list that it adds up, that take as long as a layer."""

WAITING = {"layer", "incoming", "entering"}
"""Names whose arithmetic may be evaluated in every layer."""

PROJECTION = 2
"""Most layers of a projection: a convolution and a norm."""

TRANSITION = 4
"""Most layers of a transition: norm, ReLU, convolution and pooling."""


@dataclass(frozen=True)
class Costs:
    """Primitives of words in one scope; `defined` are those of the spec's own units, by word.

    `inner` is what the word `inner` counts for. A layer counts `weight` times: in a nest once for
    each level around it, because every level is asked for all that is inside.
    """

    scope: Scope
    defined: Mapping[str, int] = field(default_factory=dict)
    inner: int = 1
    weight: int = 1

    def units(self, units: Units, layers: int) -> int:
        """Return the primitives of layers that use units in turn.

        Args:
            units: the units, each used again after the last one.
            layers: number of layers.
        """
        each = [self.unit(unit) for unit in units.words]
        rounds, rest = divmod(layers, len(each))
        return rounds * sum(each) + sum(each[:rest])

    def unit(self, unit: UnitWords) -> int:
        """Primitives of a unit, with what its arithmetic counts for."""
        count = self.chain(unit.layers) if isinstance(unit, LayerList) else self.word(unit)
        waiting = [item.expression for item in deferred(unit) if WAITING & item.expression.names]
        return count + sum(map(self.arithmetic, waiting))

    def chain(self, words: Sequence[LayerWords | Unit]) -> int:
        """Primitives of a list, those inside blocks counted as often as they are built."""
        return sum(map(self.word, words))

    def word(self, word: LayerWords | Unit) -> int:
        """Primitives of a layer, a block or a named unit."""
        if isinstance(word, Unit):
            return self.weight * (self.defined.get(word.kind) or word.size())
        if isinstance(word, Inner):
            return self.inner
        if isinstance(word, Nest):
            return self.weight + self.nest(word)
        if not isinstance(word, Listed):
            return self.weight
        alike = getattr(word, "unit", None)
        if alike is not None:
            parts = self.bounded(lambda: depth(word, self.scope), PARTS)
            return self.weight + self.units(units_of(word.layers, alike), parts)
        units = word.layers if isinstance(word.layers, tuple) else (word.layers,)
        nested = (unit for unit in units if isinstance(unit, Unit | LayerList))
        return self.weight + sum(map(self.unit, nested))

    def nest(self, nest: Nest) -> int:
        """Primitives of all levels, from the bottom outwards: a list may hold `inner` twice."""
        levels = self.bounded(lambda: value(nest.count, self.scope), LEVELS)
        bottom = level_scope(self.scope, levels, levels)
        cost = replace(self, scope=bottom, weight=self.weight + levels).unit(nest.bottom)
        for level in reversed(range(levels)):
            scope = level_scope(self.scope, level, levels)
            inside = replace(self, scope=scope, inner=cost, weight=self.weight + level)
            cost = self.weight + inside.unit(nest.layers)
        return cost

    def bounded(self, number: Callable[[], Any], most: int) -> int:
        """Return a number of parts or levels, at most `most`.

        Args:
            number: evaluates the number in this scope.
            most: the largest number allowed; also the result if the arithmetic cannot be
                evaluated yet.
        """
        try:
            count = number()
        except ArchdslError:  # told with its place when the block is lowered
            return most
        return min(count, most) if isinstance(count, int) else most

    def arithmetic(self, expression: Expression) -> int:
        """How many primitives take as long as an expression."""
        return -(-expression.work(self.scope.values) // TEXT)


def defined_costs(own: Definitions) -> dict[str, int]:
    """At most how many primitives each unit of the spec's own has, by word."""
    costs: dict[str, int] = {}
    inside = Costs(Scope(own.values), costs)
    for word in in_order(own.units):
        definition = own.units[word]
        arithmetic = (inside.arithmetic(item.expression) for item in deferred(definition))
        costs[word] = 1 + inside.chain(definition.layers.layers) + sum(arithmetic)
    return costs


def primitives(plan: StagePlan) -> int:
    """Primitives of a stage, its projection included."""
    costs = Costs(plan.scope, defined_costs(plan.own))
    if isinstance(plan, SequencePlan):
        return sum(map(primitives, plan.parts)) + _carry_cost(plan, costs.defined)
    if isinstance(plan.entry, LayerList):
        entry = costs.chain(plan.entry.layers)
    else:
        entry = PROJECTION if plan.entry in {"projection", "pad"} else 0
    return costs.units(plan.units, plan.units_count) + entry


def _carry_cost(plan: SequencePlan, defined: Mapping[str, int]) -> int:
    """Primitives of what carries outputs, if every border carries all outputs before it."""
    borders = zip(plan.starts[1:], plan.carries, plan.parts[1:], strict=True)
    return sum(
        layer * Costs(part.scope, defined).chain(words.layers)
        for layer, words, part in borders
        if words
    )


def around(spec: Spec, stages: int) -> int:
    """Return the primitives of the stem, the head, and everything between stages.

    Args:
        spec: the spec.
        stages: number of stages.
    """
    words = spec.words
    costs = Costs(Scope(spec.parameters.values), defined_costs(Definitions.of(spec)))
    ends = [chain for chain in (words.stem, words.head) if chain is not None]
    count = sum(costs.chain(chain.layers) for chain in ends)
    if words.between is None:
        return count
    each = (
        TRANSITION if isinstance(words.between, Transition) else costs.chain(words.between.layers)
    )
    return count + (stages - 1) * each
