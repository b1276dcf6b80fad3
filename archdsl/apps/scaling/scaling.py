"""Count the costs of a stage by its depth, without a graph, as in Table 1 of the paper.

Only N varies, the number of layers of a spec's first stage. Its unit, rule, aggregation, entry and
input are those of the spec under its settings. The depth in the spec, and everything after the
stage, are ignored. Links and paths come from closed forms of the rule, and parameters from one pass
over the shapes of the layers, so the limit on links does not apply.

A fractal block of C columns is N = 2^(C - 1) rows deep and has 2 N - 1 units.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, count, islice

from archdsl.analysis import paths
from archdsl.analysis.parameters import layer_parameters
from archdsl.apps.scaling.outputs import Outputs
from archdsl.counted import counted, inflected
from archdsl.errors import ArchdslError, Diagnostic, fail
from archdsl.frontend.load import Spec
from archdsl.frontend.resolve import value
from archdsl.ir.graph import Stage
from archdsl.ir.ops import Chain, Input, Layer, Shape
from archdsl.ir.shapes import after_aggregation
from archdsl.language.arithmetic import Scope
from archdsl.lowering.blocks import lower_block
from archdsl.lowering.builder import Builder
from archdsl.lowering.cost import primitives
from archdsl.lowering.definitions import Definitions
from archdsl.lowering.limits import SEARCHED, Limits, Planned, Size, links_of, raising
from archdsl.lowering.lists import Context, lower_unit
from archdsl.lowering.plan import plan_stages
from archdsl.lowering.rules import check_rule
from archdsl.lowering.stage import lower_stage
from archdsl.lowering.stage_plan import StagePlan
from archdsl.lowering.state import around_state

TRIED = 8
"""Depth of the stage that is lowered first, to report errors of the spec."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of a stage of depth N; the names are those of a stage's report.

    `max_aggregated_outputs` is the largest number of outputs that a layer reads. The path is None
    where it is not counted (see `paths.shortest`).
    """

    depth: int
    layers: int
    parameters: int
    links: int
    shortest_gradient_path: int | None
    max_aggregated_outputs: int


def first_stage(spec: Spec) -> StagePlan:
    """Return the stage whose depth varies. Raise A503 if its layers cannot be added."""
    plan, *others = plan_stages(spec)[0]
    if others and plan.rule.scope == "network":
        raise fail(
            "A503",
            "with `scope: network` all stages are one sequence, so the depth of one cannot vary",
            help="use `archdsl compare` with one `--set` for each depth",
            **plan.place("connect"),
        )
    if plan.units.per_layer:
        raise fail(
            "A503",
            "the first stage lists a unit per layer, so its depth cannot vary",
            help="write `layers` as a number, and one `unit`",
            **plan.place("layers"),
        )
    if not plan.rule.grows:
        raise fail(
            "A503",
            f"what a layer reads by the rule `{plan.rule.rule}` depends on the number of layers, "
            "so stages of different depths are not counted together",
            help="use `archdsl compare` with one `--set` for each depth",
            **plan.place("connect"),
        )
    return plan


def counts(spec: Spec, depths: Iterable[int], limits: Limits | None = None) -> Iterator[Counts]:
    """Yield the counts of a spec's first stage at each depth, in ascending order.

    Args:
        spec: a spec whose first stage has one unit for all layers, or a cycle of them.
        depths: numbers of layers; for a fractal block rows, powers of two.
        limits: the limits on links and primitives; the defaults if None.

    Raises:
        ArchdslError: A1xx, A2xx, A302 or A503 with a position, as compiling the stage would; A301
            if the deepest stage has more links or primitives than `SEARCHED` times the limits.
    """
    plan, entering, depths = first_stage(spec), entering_shape(spec), sorted(set(depths))
    stages = [deepened(plan, depth) for depth in depths]
    for stage in stages:
        check_rule(stage)
    _refuse(stages[-1], limits or Limits())
    _lower(deepened(plan, min(TRIED, max(depths))), entering)
    first, projected, projection = _entry(plan, entering)
    outputs = Outputs(plan, first)
    costs = accumulate(_unit_parameters(plan, entering if projected else None, outputs))
    done = 0
    for depth, stage in zip(depths, stages, strict=True):
        total = next(islice(costs, stage.layers - done - 1, None)) if stage.layers else 0
        done = stage.layers
        yield Counts(
            depth=depth,
            layers=stage.units_count,
            parameters=total
            + (projection if stage.entry_is_read() else projected * _read_alone(stage, entering))
            + outputs.exit_weights(stage),
            links=stage.rule.links(stage.layers),
            shortest_gradient_path=paths.shortest(stage.rule, stage.layers),
            max_aggregated_outputs=stage.rule.most_read(stage.layers) if stage.layers else 1,
        )


def _refuse(plan: StagePlan, limits: Limits) -> None:
    """Raise A301 for a stage that takes too long to count.

    No graph is built, so layers are not limited, nor are links that a rule reads as a range.
    """
    place = plan.place("unit")
    listed = not isinstance(plan.rule.reads(2), range)
    links = links_of(Planned(plan.layers, plan.rule, place)) if listed else 0
    above = Size(links=links, primitives=primitives(plan)).above(limits.times(SEARCHED))
    if above:
        excess = " and ".join(f"{count:,} {name} (limit {limit:,})" for name, count, limit in above)
        needed = [(name, -(-count // SEARCHED), limit) for name, count, limit in above]
        message = (
            f"{counted(plan.layers, 'layer')} {inflected(plan.layers, 'has', 'have')} {excess}"
        )
        help = f"write smaller --depths, or {raising(needed)}"
        raise ArchdslError(Diagnostic("A301", message, help=help, **place))


def entering_shape(spec: Spec) -> Shape:
    """Return the input shape of the first stage. Raise A1xx or A2xx if the stem is invalid."""
    values = spec.parameters.values
    shape: Shape = tuple(value(spec.words.input, Scope(values), **spec.at("input")))
    if spec.words.stem is None:
        return shape
    scope = Scope({**values, "incoming": shape[0]})
    at = partial(spec.at, "stem")
    context = Context(scope, at, [], lower_block, Definitions.of(spec))
    return lower_unit(spec.words.stem, shape, 1, context)[1]


def deepened(plan: StagePlan, depth: int) -> StagePlan:
    """Return the stage at another depth.

    Args:
        plan: the stage as its spec says.
        depth: the number of layers N; for a fractal block the number of rows, a power of two.
    """
    rule, layers = plan.rule.at_depth(depth)
    return replace(plan, rule=rule, layers=layers - plan.lead)


def _lower(plan: StagePlan, entering: Shape) -> tuple[Builder, Stage]:
    """Return the nodes of a stage, and the stage. Raise errors with a position."""
    builder = Builder()
    return builder, lower_stage(builder, plan, builder.add("input", Input(entering), (), "input"))


def _entry(plan: StagePlan, entering: Shape) -> tuple[Shape, bool, int]:
    """Return the shape of y_0, whether layer 1 reads the input instead, and y_0's parameters.

    Those are of the projection, the layers or the unit that makes y_0.
    """
    if plan.entry == "identity" and not plan.operator.start():
        return entering, False, 0
    # That all outputs leave makes sure that y_0 is read, where it is not made in any case.
    leaves = "last" if plan.lead or plan.operator.running else "all"
    builder, stage = _lower(
        replace(plan, layers=1, leaves=leaves, leaving=None, joining=None), entering
    )
    unit = {stage.layers[0], stage.shared}
    nodes = (node.op for node in builder.nodes.values() if node.name not in unit)
    parameters = sum(_parameters(op.layers) for op in nodes if isinstance(op, Chain))
    return builder.shapes[stage.outputs[0]], stage.projected, parameters


def _read_alone(plan: StagePlan, entering: Shape) -> int:
    """Return the parameters with which layer 1 reads y_0 where nothing else does.

    It reads the input of the stage if a projection beside it makes y_0 of that for others.
    """
    if not plan.operator.folds:
        return 0
    state = after_aggregation(plan.operator, [entering])
    return _parameters(around_state(plan.operator.read(1), state, plan.place("aggregate"))[0])


def _unit_parameters(plan: StagePlan, entering: Shape | None, outputs: Outputs) -> Iterator[int]:
    """Yield the parameters of layers 1, 2, ..., each with those of the aggregate that it reads.

    Units with equal input shapes are equal, so each is counted once. The shapes of the results are
    appended to `outputs`.

    Args:
        plan: the stage.
        entering: the input shape of the stage, if layer 1 reads that and not y_0.
        outputs: the outputs so far, which is y_0 at first.
    """
    place = plan.place("aggregate")
    by_unit: dict[tuple[int, Shape, int], tuple[int, Shape]] = {}
    for layer in count(1):
        read, shape = around_state(plan.operator.read(layer), outputs.joined(layer), place)
        if layer == 1 and entering is not None:
            read, shape = (), entering
        position = layer + plan.lead
        unit, stride = plan.unit(position), plan.stride if plan.strides(position) else 1
        key = (id(unit), shape, stride)
        if layer == 1 or key not in by_unit:
            chain, result = plan.make(unit, position, shape, stride)
            cost = _parameters(chain), result
            if layer > 1 and not plan.waits_for_layer(unit):
                by_unit[key] = cost
        else:
            cost = by_unit[key]
        weights = outputs.layer_weights(layer) if layer > 1 else 0
        outputs.append(cost[1])
        yield cost[0] + weights + _parameters(read)


def _parameters(layers: Sequence[Layer]) -> int:
    return sum(map(layer_parameters, layers))
