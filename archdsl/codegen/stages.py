"""Stages to classes: how each is run, and which numbers stages of one form differ in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from archdsl.codegen.columns import Numbers, Solution, Term, Value, solve
from archdsl.codegen.exits import exit_form
from archdsl.codegen.joins import Joins, find_joins
from archdsl.codegen.listed import listed
from archdsl.codegen.modules import ModuleClass, Modules, readers_of_input
from archdsl.codegen.names import free
from archdsl.codegen.sketches import INCOMING, Carrying, Sketch, sketches
from archdsl.codegen.stage_columns import (
    counted_by_list,
    depths,
    entry_columns,
    join_columns,
    number_columns,
    stage_columns,
)
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Shape
from archdsl.language.aggregation import Aggregation
from archdsl.language.rule import Rule
from archdsl.passes.strategy import Joined

Argument = Term | str

Widths = tuple[tuple[Term, int | None], ...]
"""Widths of outputs and how many outputs in a row have it; a list is that of all after y_0."""


@dataclass(frozen=True)
class Run:
    """Consecutive layers of one class; `count` is None for the last run, which takes the rest.

    An argument is a term, or INCOMING: the width of what the layer reads, which varies. The terms
    of lists have a number for each layer of the run.
    """

    module: ModuleClass
    count: int | None
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class StageClass:
    """A stage class to print.

    `strategy` is how outputs are kept: `chain` (none), `running` (their aggregate so far),
    `buffer` (one tensor, side by side), `list` (each on its own). `joins` says that some layer, or
    the exit, reads more than one output; `shares` that layers of a list read the same aggregate,
    which is made once; `drops_path` that some aggregates leave outputs out while training;
    `joined` how wide the aggregates are. `join` says that each reader has a module with weights;
    where it takes the features of the aggregate, `join_channels` are those of the layers, if they
    are equal, and `exit_channels` those of the exit. `entry` is the class and arguments of the
    chain of the stage itself that makes y_0, if one does. `numbers` are those that the function of
    the aggregation takes; `line` the first width and the step where the widths of aggregates grow
    evenly (`joined` is then "line"). `exit_form` says how the outputs that leave are written (see
    `exit_form`), by the rule `exit_rule` and joined by `exit_operator`. `lists` are the parameters
    that are lists; `counted` is the one that says how many layers there are, and how many layers
    come before those that it is for.
    """

    name: str
    strategy: str
    rule: Rule
    operator: Aggregation
    leaves: str
    exit_form: str
    exit_rule: Rule
    exit_operator: Aggregation
    projected: bool
    parameters: tuple[str, ...]
    layers: Term
    runs: tuple[Run, ...]
    widths: Widths
    joins: bool
    shares: bool
    drops_path: bool
    joined: Joined
    depths: tuple[int, ...]
    join: Joins | None = None
    join_channels: Term | None = None
    exit_channels: Term | None = None
    entry: tuple[ModuleClass, tuple[Term, ...]] | None = None
    numbers: tuple[Term, ...] = ()
    line: tuple[Term, Term] | None = None
    carrying: tuple[Carrying, ...] = ()
    lists: frozenset[str] = frozenset()
    counted: tuple[str, int] | None = None


@dataclass(frozen=True)
class Stages:
    """All stage classes, and for every stage its class and argument values."""

    classes: tuple[StageClass, ...]
    used: tuple[tuple[StageClass, tuple[Value, ...]], ...]


def find_stages(
    graph: Graph, shapes: Mapping[str, Shape], modules: Modules, names: Sequence[str],
    operators: Collection[int] = (),
) -> Stages:  # fmt: skip
    """Group the stages of a compacted graph into classes.

    Args:
        graph: the compacted network.
        shapes: the shape (features, *rest) of each node's output, without the batch.
        modules: the classes of units, and the arguments of each unit.
        names: names of classes that are taken already.
        operators: indices of stages that are trained as one operator.
    """
    forms: dict[object, list[Sketch]] = defaultdict(list)
    chosen = readers_of_input(graph)
    taken = set(names)
    joins = find_joins(graph, shapes, taken, modules.joins)
    for sketch in listed([*sketches(graph, shapes, modules, chosen, joins, operators)]):
        forms[sketch.form()].append(sketch)
    classes: list[StageClass] = []
    used: dict[int, tuple[StageClass, tuple[Value, ...]]] = {}
    for same in forms.values():
        solution = solve(stage_columns(same, bool(chosen)))
        stage_class = _stage_class(same, solution, _name(same[0], len(forms), taken))
        classes.append(stage_class)
        for index, sketch in enumerate(same):
            values = tuple(column[index] for column in solution.parameters.values())
            used[sketch.stage.index] = (stage_class, values)
    return Stages(tuple(classes), tuple(used[index] for index in sorted(used)))


def _stage_class(same: list[Sketch], solution: Solution, name: str) -> StageClass:
    first, terms = same[0], iter(solution.terms)
    widths = tuple(
        (next(terms), count if place + 1 < len(first.widths) else None)
        for place, (_, count) in enumerate(first.widths)
    )
    runs = tuple(
        Run(
            run.module,
            run.count if place + 1 < len(first.runs) else None,
            tuple(INCOMING if value == INCOMING else next(terms) for value in run.values),
        )
        for place, run in enumerate(first.runs)
    )
    stage = first.stage
    names = [column.name for column in join_columns(same)]
    joined = {name: next(terms) for name in names}
    arguments = tuple(next(terms) for _ in entry_columns(same))
    numbers = tuple(next(terms) for _ in number_columns(same))
    line = (next(terms), next(terms)) if first.line else None
    columns = solution.parameters.items()
    lists = frozenset(name for name, values in columns if isinstance(values[0], Numbers))
    counted = _counted(first, runs[-1], lists, widths) if counted_by_list(first) else None
    layers = _layers(depths(same)) if counted else next(terms)
    return StageClass(
        name, first.strategy, stage.rule, stage.operator, stage.leaves,
        exit_form(stage), stage.exit_rule, stage.exit_operator, stage.projected,
        tuple(solution.parameters), layers, runs, widths, first.joins, first.shares,
        first.drops_path,
        first.joined,
        depths(same),
        first.join, joined.get("aggregate"), joined.get("exit"),
        (first.entry[0], arguments) if first.entry else None, numbers, line, first.carrying,
        lists, counted,
    )  # fmt: skip


def _counted(first: Sketch, last: Run, lists: Collection[str], widths: Widths) -> tuple[str, int]:
    """A list that the last run has, and how many layers come before those that it is for."""
    terms = [term for term in last.arguments if isinstance(term, Term)]
    name = next(term.parameter for term in terms if term.parameter in lists)
    whole = any(width.parameter == name for width, _ in widths)
    return name, 0 if whole else sum(run.count for run in first.runs[:-1])


def _layers(every: tuple[int, ...]) -> Term:
    """The number of layers, where a list says it: `layers` is a variable then."""
    return Term(every[0]) if len(set(every)) == 1 else Term(parameter="layers")


def _name(sketch: Sketch, forms: int, taken: set[str]) -> str:
    """`Stage` if there is one form; else after how its outputs are joined."""
    name = "Stage"
    if forms > 1:
        start = "Projected" if sketch.stage.projected else ""
        name = f"{start}{sketch.stage.operator.kind.title().replace('-', '')}Stage"
    return free(name, taken)
