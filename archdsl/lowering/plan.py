"""Stage words to stage plans: stages alike or listed, `each` filled in, numbers known."""

from __future__ import annotations

from archdsl.errors import ArchdslError, Diagnostic, Place, fail
from archdsl.frontend.load import Spec
from archdsl.frontend.resolve import entry_of, resolve, value
from archdsl.frontend.schema import StagesWords, StageWords
from archdsl.language.arithmetic import Rounding, Scope
from archdsl.language.exit import Exit, ExitList, WordExit
from archdsl.lowering.definitions import Definitions
from archdsl.lowering.depth import depth, depth_key, lacking
from archdsl.lowering.stage_plan import StagePlan
from archdsl.lowering.units import units_of
from archdsl.lowering.wiring import chosen, exit_parts

STAGES = 64


def plan_stages(spec: Spec) -> tuple[list[StagePlan], list[tuple[int, Rounding]]]:
    """One plan per stage, and the divisions that did not come out even in `layers`, by stage.

    Raises: ArchdslError (A101, A103, A11x, A301), located.
    """
    written = _written(spec)
    _check_each(spec)
    missing = [d for index, words in enumerate(written) for d in _missing(spec, index, words)]
    if missing:
        raise ArchdslError(missing[:1] if isinstance(spec.words.stages, StagesWords) else missing)
    plans: list[StagePlan] = []
    roundings: list[tuple[int, Rounding]] = []
    for index, words in enumerate(written):
        uneven: list[Rounding] = []
        plans.append(_plan(spec, index, words, len(written), uneven))
        roundings += [(index, rounding) for rounding in uneven]
    return plans, roundings


def _written(spec: Spec) -> list[StageWords]:
    stages = spec.words.stages
    if isinstance(stages, StagesWords):
        place = spec.at("stages", "count")
        count = value(stages.count, Scope(spec.parameters.values), **place)
        if count > STAGES:
            message = f"{count:,} stages are more than {STAGES}"
            raise ArchdslError(Diagnostic("A301", message, **place))
        return [stages] * count
    return [_filled(words, spec.words.each) for words in stages]


def _check_each(spec: Spec) -> None:
    """Refuse keys that would be ignored silently. Raises ArchdslError (A226)."""
    words = spec.words
    if words.each is not None and isinstance(words.stages, StagesWords):
        raise fail(
            "A226",
            "`each` fills in a list of stages; here `stages` says everything itself",
            help="move its keys into `stages`",
            **spec.at("each"),
        )


def _filled(words: StageWords, each: StageWords | None) -> StageWords:
    """Return a stage with the keys that it lacks taken from `each`."""
    if each is None:
        return words
    lacking = each.model_fields_set - words.model_fields_set
    return words.model_copy(update={name: getattr(each, name) for name in lacking})


def _missing(spec: Spec, index: int, words: StageWords) -> list[Diagnostic]:
    path = ("stages",) if isinstance(spec.words.stages, StagesWords) else ("stages", index)
    return [
        Diagnostic("A103", f"the key `{key}` is missing in this stage", **spec.at(*path))
        for key in lacking(words)
    ]


def _plan(
    spec: Spec, index: int, words: StageWords, count: int, roundings: list[Rounding]
) -> StagePlan:
    values = {**spec.parameters.values, "stage": index}
    scope = Scope(values, index, count)
    counting = Scope(values, index, count, roundings)

    def place(*path: str | int) -> Place:
        return spec.at_stage(index, *path)

    units = units_of(words.layers, words.unit)
    if units.per_layer and words.unit is not None:
        raise fail(
            "A226",
            "`layers` lists a unit per layer, so `unit` would be ignored",
            help="leave one of them out",
            **place("unit"),
        )
    assert words.connect is not None
    assert words.aggregate is not None
    rule = resolve(words.connect, scope, **place("connect"))
    operator = resolve(words.aggregate, scope, **place("aggregate"))
    layers = depth(words, counting, **place(depth_key(words)))
    lead = words.entry == "first"
    leaves, leaving, joining = exit_parts(_exit(words, scope, place("exit")), operator)
    return StagePlan(
        index=index,
        units=units,
        layers=layers - lead,
        rule=rule.for_layers(layers - lead),
        operator=chosen(operator, rule, leaves),
        leaves=leaves,
        entry=words.entry,
        stride=value(words.stride, scope, **place("stride")),
        scope=scope,
        place=place,
        leaving=leaving,
        joining=joining,
        own=Definitions.of(spec),
    )


def _exit(words: StageWords, scope: Scope, where: Place) -> WordExit | Exit:
    """The exit of a stage, with its numbers known."""
    leaves = words.exit
    if isinstance(leaves, ExitList):
        leaves = entry_of(leaves.entries, scope, **where)
    return resolve(leaves, scope, **where)
