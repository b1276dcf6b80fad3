"""Stages to classes: how each is run, and which numbers stages of one form differ in."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archdsl.codegen.columns import Column, Number, Solution, Term, solve
from archdsl.codegen.exits import exit_form
from archdsl.codegen.joins import Joins, find_joins
from archdsl.codegen.modules import ModuleClass, Modules, readers_of_input
from archdsl.codegen.names import free
from archdsl.codegen.sketches import INCOMING, Carrying, Sketch, sketches
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Shape
from archdsl.language.aggregation import Aggregation
from archdsl.language.rule import Rule
from archdsl.passes.strategy import Joined

Argument = Term | str


@dataclass(frozen=True)
class Run:
    """Consecutive layers of one class; `count` is None for the last run, which takes the rest.

    An argument is a term, or INCOMING: the width of what the layer reads, which varies.
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
    `exit_form`), by the rule `exit_rule` and joined by `exit_operator`.
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
    widths: tuple[tuple[Term, int | None], ...]
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


@dataclass(frozen=True)
class Stages:
    """All stage classes, and for every stage its class and argument values."""

    classes: tuple[StageClass, ...]
    used: tuple[tuple[StageClass, tuple[Number, ...]], ...]


def find_stages(
    graph: Graph, shapes: Mapping[str, Shape], modules: Modules, names: Sequence[str]
) -> Stages:
    """Group the stages of a compacted graph into classes; `names` are taken already."""
    forms: dict[object, list[Sketch]] = defaultdict(list)
    chosen = readers_of_input(graph)
    taken = set(names)
    joins = find_joins(graph, shapes, taken, modules.joins)
    for sketch in sketches(graph, shapes, modules, chosen, joins):
        forms[sketch.form()].append(sketch)
    classes: list[StageClass] = []
    used: dict[int, tuple[StageClass, tuple[Number, ...]]] = {}
    for same in forms.values():
        solution = solve(_columns(same, bool(chosen)))
        made = _stage_class(same, solution, _name(same[0], len(forms), taken))
        classes.append(made)
        for index, sketch in enumerate(same):
            values = tuple(column[index] for column in solution.parameters.values())
            used[sketch.stage.index] = (made, values)
    return Stages(tuple(classes), tuple(used[index] for index in sorted(used)))


def _columns(same: list[Sketch], chosen: bool) -> list[Column]:
    """Widths of the outputs, every argument of every run, and the number of layers.

    Where a caller may choose the channels of the network's input, those of every layer that reads
    it are the argument `channels`.
    """
    first = same[0]
    enters = chosen and first.stage.index == 0
    columns = [
        Column(
            "width" if place else "channels",
            tuple(s.widths[place][0] for s in same),
            forced=enters and not place and not first.stage.projected,
        )
        for place in range(len(first.widths))
    ]
    for run, (module, _, values) in enumerate(first.runs):
        columns += [
            Column(
                module.parameters[place],
                tuple(number(s.runs[run][2][place]) for s in same),
                forced=first.entering[run] and module.parameters[place] == "channels",
            )
            for place, value in enumerate(values)
            if value != INCOMING
        ]
    columns += [*_join_columns(same), *_entry_columns(same), *_number_columns(same)]
    columns += _line_columns(same)
    return [*columns, Column("layers", tuple(s.stage.depth for s in same))]


def _number_columns(same: list[Sketch]) -> Iterator[Column]:
    """The numbers that the function of the aggregation takes, if the class calls it."""
    operator = same[0].stage.operator
    numbers = operator.arguments()
    if not numbers or operator.weights() or not all(type(x) in {int, float} for x in numbers):
        return
    names = [*inspect.signature(operator.join).parameters][1:]  # type: ignore[arg-type]
    for place, name in enumerate(names[: len(numbers)]):
        values = tuple(number_of(s.stage.operator.arguments()[place]) for s in same)
        yield Column(f"joined_{name}", values, forced=len(set(values)) > 1)


def number_of(argument: object) -> Number:
    """Return an argument that is a number."""
    assert isinstance(argument, int | float)
    return argument


def _line_columns(same: list[Sketch]) -> Iterator[Column]:
    """The first width and the step of aggregates whose widths grow evenly."""
    lines = [sketch.line for sketch in same if sketch.line]
    if lines:
        yield Column("incoming", tuple(start for start, _ in lines), forced=len(lines) > 1)
        yield Column("growth", tuple(step for _, step in lines), forced=len(lines) > 1)


def _entry_columns(same: list[Sketch]) -> Iterator[Column]:
    """The arguments of the chains that make y_0."""
    entries = [sketch.entry for sketch in same if sketch.entry]
    for place, name in enumerate(entries[0][0].parameters if entries else ()):
        yield Column(name, tuple(values[place] for _, values in entries))


def _join_columns(same: list[Sketch]) -> Iterator[Column]:
    """Features of the aggregates that have weights, where those depend on them."""
    joins = [sketch.join for sketch in same if sketch.join and sketch.join.takes_channels()]
    constant = tuple(width for join in joins if (width := join.constant()) is not None)
    if constant:
        yield Column("aggregate", constant)
    exits = [sketch.join for sketch in same if sketch.join and sketch.join.exit_takes_channels()]
    if exits and same[0].strategy != "running":
        yield Column("exit", tuple(join.exit for join in exits))


def number(value: Number | str) -> Number:
    """An argument that is not INCOMING."""
    assert not isinstance(value, str)
    return value


def _stage_class(same: list[Sketch], solution: Solution, name: str) -> StageClass:
    first, terms = same[0], iter(solution.terms)
    widths = tuple(
        (next(terms), count if place + 1 < len(first.widths) else None)
        for place, (_, count) in enumerate(first.widths)
    )
    runs = tuple(
        Run(
            module,
            count if place + 1 < len(first.runs) else None,
            tuple(INCOMING if value == INCOMING else next(terms) for value in values),
        )
        for place, (module, count, values) in enumerate(first.runs)
    )
    stage = first.stage
    names = [column.name for column in _join_columns(same)]
    joined = {name: next(terms) for name in names}
    arguments = tuple(next(terms) for _ in _entry_columns(same))
    numbers = tuple(next(terms) for _ in _number_columns(same))
    line = (next(terms), next(terms)) if first.line else None
    return StageClass(
        name, first.strategy, stage.rule, stage.operator, stage.leaves,
        exit_form(stage), stage.exit_rule, stage.exit_operator, stage.projected,
        tuple(solution.parameters), next(terms), runs, widths, first.joins, first.shares,
        first.drops_path,
        first.joined,
        tuple(sketch.stage.depth for sketch in same),
        first.join, joined.get("aggregate"), joined.get("exit"),
        (first.entry[0], arguments) if first.entry else None, numbers, line, first.carrying,
    )  # fmt: skip


def _name(sketch: Sketch, forms: int, taken: set[str]) -> str:
    """`Stage` if there is one form; else after how its outputs are joined."""
    name = "Stage"
    if forms > 1:
        start = "Projected" if sketch.stage.projected else ""
        name = f"{start}{sketch.stage.operator.kind.title().replace('-', '')}Stage"
    return free(name, taken)
