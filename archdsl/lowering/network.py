"""A whole spec to a graph: stem, stages, what lies between, head."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from archdsl.errors import ArchdslError, Diagnostic, fail
from archdsl.frontend.load import Spec
from archdsl.frontend.resolve import resolve, value
from archdsl.frontend.schema import LayerList, Transition
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Input
from archdsl.ir.verify import verify
from archdsl.language.arithmetic import Rounding, Scope
from archdsl.language.layers import Conv, LayerWords, Norm, Pool, Relu
from archdsl.language.values import Deferred
from archdsl.lowering.blocks import lower_block
from archdsl.lowering.builder import Builder
from archdsl.lowering.chain import Made
from archdsl.lowering.cost import around, primitives
from archdsl.lowering.definitions import Definitions
from archdsl.lowering.limits import Limits, Planned, Size, check, size_of
from archdsl.lowering.lists import Context, lower_unit
from archdsl.lowering.plan import plan_stages
from archdsl.lowering.rules import check_rule
from archdsl.lowering.sequence import as_sequence
from archdsl.lowering.stage import lower_stage
from archdsl.lowering.stage_plan import StagePlan
from archdsl.lowering.state import around_state


@dataclass(frozen=True)
class Lowered:
    """A graph, with what there is to say about how the spec became it.

    `roundings` are the divisions in `layers` that left a remainder, each with its stage's index.
    """

    graph: Graph
    remarks: tuple[Diagnostic, ...] = ()
    roundings: tuple[tuple[int, Rounding], ...] = ()


def lower(spec: Spec, limits: Limits | None = None) -> Lowered:
    """Build the graph of a spec.

    Args:
        spec: the parsed spec.
        limits: the largest network that is built; the defaults of `Limits` if not passed.

    Raises:
        ArchdslError: A101, A11x, A2xx or A3xx, with the position in the spec.
    """
    plans, roundings = plan_stages(spec)
    plans = as_sequence(spec, plans)
    planned = [_planned(plan) for plan in plans]
    check(planned, limits or Limits(), around(spec, len(plans)))
    network = _Network(spec)
    source = network.builder.add("input", Input(_input(spec)), (), "input")
    source = network.chain("stem", spec.words.stem, source, ("stem",))
    stages: list[Stage] = []
    for plan in plans:
        stages.append(lower_stage(network.builder, plan, source))
        source = stages[-1].exit
        if plan is not plans[-1]:
            source = network.between(plan, len(plans), source)
    ending = network.ending(plans[-1], source)
    source = network.chain("head", spec.words.head, source, ("head",), ending=ending)
    nodes = network.builder.nodes
    gaps = [f"between.{index}" for index in range(len(plans) - 1)]
    graph = Graph(
        name=spec.name,
        nodes=nodes,
        stages=tuple(stages),
        stem="stem" if "stem" in nodes else None,
        between=tuple(gap if gap in nodes else None for gap in gaps),
        head="head" if "head" in nodes else None,
        output=source,
        chain_steps=network.builder.steps,
    )
    return Lowered(verify(graph), tuple(network.builder.remarks), tuple(roundings))


def size(spec: Spec) -> Size:
    """How much is built for a spec, by closed form. Raises ArchdslError (A101, A11x, A2xx)."""
    plans = as_sequence(spec, plan_stages(spec)[0])
    return size_of(map(_planned, plans)) + Size(primitives=around(spec, len(plans)))


def _planned(plan: StagePlan) -> Planned:
    check_rule(plan)
    return Planned(plan.layers, plan.rule, plan.place("layers"), primitives(plan))


def _input(spec: Spec) -> tuple[int, ...]:
    scope = Scope(spec.parameters.values)
    return tuple(value(spec.words.input, scope, **spec.at("input")))


class _Network:
    """The plumbing around the stages."""

    def __init__(self, spec: Spec) -> None:
        self.spec, self.builder = spec, Builder()

    def chain(
        self,
        name: str,
        words: LayerList | None,
        source: str,
        path: tuple[str | int, ...],
        scope: Scope | None = None,
        ending: Made | None = None,
    ) -> str:
        """Add a list of layers that reads `source`, behind those that end the stage before it."""
        ends, shape = ending or ((), self.builder.shapes[source])
        if words is None:
            return self.builder.add_chain(name, ends, source, str(path[0]))
        scope = self.scope(shape[0]) if scope is None else scope
        at, own = partial(self.spec.at, *path), Definitions.of(self.spec)
        context = Context(scope, at, self.builder.remarks, lower_block, own)
        layers, _ = lower_unit(words, shape, 1, context)
        return self.builder.add_chain(name, ends + layers, source, str(path[0]))

    def ending(self, plan: StagePlan, source: str) -> Made:
        """The layers through which the last state of a stage leaves it, if it keeps one."""
        shape = self.builder.shapes[source]
        return around_state(plan.exit_operator.end(), shape, plan.place("aggregate"))

    def between(self, plan: StagePlan, stages: int, source: str) -> str:
        """Add what lies after a stage."""
        words = self.spec.words.between
        ending = self.ending(plan, source)
        shape = ending[1]
        scope = self.scope(shape[0], plan.index, stages)
        place = self.spec.at("between")
        if isinstance(words, Transition):
            if is_zero(words.width, scope):
                raise fail(
                    "A217",
                    f"the transition would have 0 channels: it is given {shape[0]}",
                    help="write `max(1, ...)` around the width, or make the stage wider",
                    **place,
                )
            words = LayerList(layers=transition(resolve(words, scope, **place)))
        return self.chain(f"between.{plan.index}", words, source, ("between",), scope, ending)

    def scope(self, incoming: int, stage: int | None = None, stages: int = 0) -> Scope:
        names: dict[str, Any] = {"incoming": incoming}
        if stage is not None:
            names["stage"] = stage
        return Scope({**self.spec.parameters.values, **names}, stage, stages)


def transition(words: Transition) -> tuple[LayerWords, ...]:
    """The list that a transition is a shorthand for (Huang et al. 2016)."""
    conv = Conv(width=words.width, kernel=1, stride=1, bias=words.bias)
    pool = [] if words.pool == "none" else [Pool(kind=words.pool, kernel=2)]
    return (Norm(), Relu(), conv, *pool)


def is_zero(raw: object, scope: Scope) -> bool:
    """Return whether arithmetic gives 0, which gets a better message than the bounds of its field.

    Args:
        raw: a field of the spec; anything but arithmetic gives False.
        scope: names and values for it.
    """
    if not isinstance(raw, Deferred):
        return False
    try:
        return raw.expression.evaluate(scope) == 0
    except ArchdslError:  # told with its place when the words are resolved
        return False
