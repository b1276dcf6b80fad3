"""Stages with `scope: network`: one sequence of layers, whose rule counts over all stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import accumulate

from archdsl.errors import Place, fail
from archdsl.frontend.load import Spec
from archdsl.frontend.schema import LayerList
from archdsl.ir.ops import Shape
from archdsl.lowering.chain import Made
from archdsl.lowering.lists import lower_unit
from archdsl.lowering.stage_plan import StagePlan


@dataclass(frozen=True, kw_only=True)
class SequencePlan(StagePlan):
    """The plan of stages that are one sequence: `layer` counts from the first layer of the first.

    `parts` are the plans of the stages; `carries[i]` carries outputs into stage i + 1.
    """

    parts: tuple[StagePlan, ...] = ()
    carries: tuple[LayerList | None, ...] = ()

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The first layer of each stage."""
        return tuple(accumulate((part.layers for part in self.parts[:-1]), initial=1))

    def chain(self, layer: int, shape: Shape) -> Made:
        """Return the layers of a unit, as its stage makes them."""
        position = layer - self.lead  # the unit that makes y_0 is one of the first stage
        index = max((i for i, start in enumerate(self.starts) if start <= position), default=0)
        first = self.starts[index] if index else 1 - self.lead
        return self.parts[index].chain(position - first + 1, shape)

    @cached_property
    def borders(self) -> dict[int, int]:
        """For the first layer behind each border with a list, the index of the border."""
        written = zip(self.starts[1:], self.carries, strict=True)
        return {layer: index for index, (layer, words) in enumerate(written) if words is not None}

    def carry(self, border: int, shape: Shape) -> Made:
        """Return the layers that carry an output over a border, and the shape of their result.

        Args:
            border: index of the border; border 0 is after the first stage.
            shape: shape of the output.
        """
        words, part = self.carries[border], self.parts[border + 1]
        assert words is not None
        context = part.context.below("carry", incoming=shape[0])
        return lower_unit(words, shape, 1, context)

    def crossing(self, layer: int) -> list[int]:
        """Return the outputs before a layer that it, a later one or the exit reads."""
        return [source for source in range(layer) if self.last_readers.get(source, 0) >= layer]

    @cached_property
    def last_readers(self) -> dict[int, int]:
        """For each output that is read, the last layer that reads it; N + 1 is the exit."""
        readers = {
            source: layer
            for layer in range(1, self.layers + 1)
            for source in self.rule.reads(layer)
        }
        return readers | dict.fromkeys(self.exit_reads(), self.layers + 1)


def as_sequence(spec: Spec, plans: Sequence[StagePlan]) -> list[StagePlan]:
    """Return the plans, or one for all of them if their rule counts over the network.

    Args:
        spec: the parsed spec.
        plans: the plans of its stages.

    Raises: ArchdslError (A219, A221, A226), located, if the stages cannot be one sequence.
    """
    carries = [_carry(spec, plan.index) for plan in plans]
    if all(plan.rule.scope == "stage" for plan in plans):
        for plan, carry in zip(plans, carries, strict=True):
            if carry is not None:
                raise fail(
                    "A226",
                    "`carry` is for rules that read outputs of earlier stages",
                    help="write `scope: network` in `connect`, or leave out `carry`",
                    **plan.place("carry"),
                )
        return list(plans)
    if spec.words.between is not None:
        raise fail(
            "A226",
            "with `scope: network` no single output passes from one stage to the next",
            help="write the layers as `carry`: each output that is read later passes through them",
            **spec.at("between"),
        )
    _check(plans)
    first, last = plans[0], plans[-1]
    layers = sum(plan.layers for plan in plans)
    same = {field.name: getattr(first, field.name) for field in fields(StagePlan)}
    own = {
        "layers": layers,
        "rule": first.rule.for_layers(layers),
        "leaves": last.leaves,
        "leaving": last.leaving,
        "joining": last.joining,
        "place": _places(first, last),
        "parts": tuple(plans),
        "carries": tuple(carries[1:]),
    }
    return [SequencePlan(**{**same, **own})]


def _carry(spec: Spec, index: int) -> LayerList | None:
    stages = spec.words.stages
    words = stages[index] if isinstance(stages, tuple) else stages
    each = spec.words.each.carry if spec.words.each is not None else None
    return words.carry or each


def _places(first: StagePlan, last: StagePlan) -> Callable[..., Place]:
    """Where keys are written: the exit is that of the last stage."""
    return lambda *path: (last if path[:1] == ("exit",) else first).place(*path)


def _exit(plan: StagePlan) -> tuple[object, ...]:
    """What says which outputs leave a stage."""
    return plan.leaves, plan.leaving, plan.joining


def _check(plans: Sequence[StagePlan]) -> None:
    first = plans[0]
    for plan in plans:
        differs = plan.rule.for_layers(1) != first.rule.for_layers(1)
        if differs or plan.operator != first.operator:
            key = "connect" if differs else "aggregate"
            raise fail(
                "A221",
                f"with `scope: network` all stages are one sequence, but `{key}` of stage "
                f"{plan.index} differs from that of stage 0",
                help=f"write the same `{key}` in all stages",
                **plan.place(key),
            )
    if first.operator.running:
        raise fail(
            "A219",
            f"`{first.operator.kind}` keeps one aggregate, so single outputs cannot be carried",
            help="write `scope: stage`, or another aggregation, such as `sum`",
            **first.place("aggregate"),
        )
    for plan in plans[:-1]:
        if _exit(plan) not in (_exit(plans[-1]), ("rule", None, None)):
            raise fail(
                "A226",
                f"with `scope: network` no output leaves stage {plan.index}, so `exit` would be "
                "ignored",
                help="write the `exit` of the sequence in its last stage",
                **plan.place("exit"),
            )
    for plan in plans[1:]:
        for key, plain in (("entry", plan.entry == "identity"), ("stride", plan.stride == 1)):
            if not plain:
                raise fail(
                    "A226",
                    f"with `scope: network` stage {plan.index} has no input of its own, so "
                    f"`{key}` would be ignored",
                    help="`carry` has the layers between stages",
                    **plan.place(key),
                )
