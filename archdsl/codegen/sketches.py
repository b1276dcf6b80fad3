"""Stages before their classes are known: runs of layers, widths, and every number they need."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby

from archdsl.codegen.columns import Module, Number, Numbers, Value
from archdsl.codegen.exits import exit_form
from archdsl.codegen.joins import Joins
from archdsl.codegen.modules import ModuleClass, Modules
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Aggregate, Shape
from archdsl.language.aggregation import Aggregation
from archdsl.passes.strategy import Joined, joined_widths, strategies, varies

INCOMING = "incoming"


@dataclass(frozen=True)
class Carrying:
    """What happens before layer `layer`: the class and arguments that carry each output."""

    layer: int
    sources: tuple[int, ...]
    calls: tuple[tuple[ModuleClass, tuple[Number, ...]], ...]


@dataclass(frozen=True)
class SketchRun:
    """`count` consecutive layers of one class with equal arguments.

    `enters` says that they read the network's input, so that a caller may choose their number of
    channels.
    """

    module: ModuleClass
    count: int
    values: tuple[Value | str, ...]
    enters: bool


@dataclass(frozen=True)
class Sketch:
    """A stage before its class is known: every number it needs, by place."""

    stage: Stage
    strategy: str
    runs: tuple[SketchRun, ...]
    widths: tuple[tuple[Value, int], ...]
    joins: bool
    shares: bool
    drops_path: bool
    joined: Joined
    join: Joins | None = None
    entry: tuple[ModuleClass, tuple[Number, ...]] | None = None
    line: tuple[int, int] | None = None
    carrying: tuple[Carrying, ...] = ()

    def kind(self) -> object:
        """What stages of one class have in common, without the runs."""
        stage = self.stage
        lengths = tuple(count for _, count in self.widths[:-1])
        form = exit_form(stage)
        table = None if stage.rule.source() and form != "listed" else (stage.rule, stage.depth)
        join = self.join.form() if self.join else None
        entry = self.entry[0].name if self.entry else None
        operator = operator_form(stage.operator)
        leaves = (form, stage.leaving, stage.joining)
        keys = (stage.rule, operator, *leaves, stage.projected, join, entry)
        own = (self.strategy, self.joins, self.shares, self.drops_path, self.joined)
        return (*own, *keys, lengths, table, bool(self.carrying))  # a sequence is the only stage

    def form(self) -> object:
        """What stages of one class have in common."""
        runs = tuple(
            (
                run.module.name,
                tuple(_blank(value) for value in run.values),
                run.count if i + 1 < len(self.runs) else 0,
            )
            for i, run in enumerate(self.runs)
        )
        return (self.kind(), runs)

    def ends(self) -> list[int]:
        """The layers after which another run begins."""
        return list(accumulate(run.count for run in self.runs[:-1]))

    def split(self, ends: list[int]) -> Sketch:
        """The same with runs that end after these layers, if the runs can be split so."""
        if not set(self.ends()) < set(ends) or ends[-1] >= self.stage.depth:
            return self
        each = [run for run in self.runs for _ in range(run.count)]
        starts = [0, *ends]
        runs = tuple(
            replace(each[start], count=end - start)
            for start, end in zip(starts, [*ends, len(each)], strict=True)
        )
        return replace(self, runs=runs)


def _blank(value: Value | str) -> object:
    """What arguments of runs of one class have in common."""
    return value if isinstance(value, Module) else (value == INCOMING, isinstance(value, Numbers))


def sketches(
    graph: Graph, shapes: Mapping[str, Shape], modules: Modules, chosen: frozenset[str],
    joins: Mapping[int, Joins], operators: Collection[int],
) -> Iterator[Sketch]:  # fmt: skip
    """Yield a sketch of each stage.

    Args:
        graph: the network.
        shapes: the shape (features, *rest) of each node's output, without the batch.
        modules: the classes of units, and the arguments of each unit.
        chosen: the layers whose input channels a caller of the network may choose.
        joins: the classes of aggregations with weights, by the index of the stage.
        operators: indices of stages that are trained as one operator, which needs all widths.
    """
    # Stages that keep lists are written alike if one of them needs it, so that they share a class.
    some_vary = any(varies(stage, shapes) for stage in graph.stages)
    every = [
        _sketch(
            graph,
            stage,
            shapes,
            modules,
            strategy=strategy,
            some_vary=some_vary,
            chosen=chosen,
            join=joins.get(stage.index),
            operator=stage.index in operators,
        )
        for stage, strategy in zip(graph.stages, strategies(graph, shapes), strict=True)
    ]
    return _split_alike(every)


def _split_alike(every: list[Sketch]) -> Iterator[Sketch]:
    """Split runs as in the stage of most runs: a first layer may equal the others by chance."""
    longest: dict[object, Sketch] = {}
    for sketch in every:
        longest[sketch.kind()] = max(longest.get(sketch.kind(), sketch), sketch, key=_runs)
    for sketch in every:
        other = longest[sketch.kind()]
        modules = {run.module.name for each in (sketch, other) for run in each.runs}
        yield sketch.split(other.ends()) if len(modules) == 1 else sketch


def _runs(sketch: Sketch) -> int:
    return len(sketch.runs)


def _sketch(
    graph: Graph, stage: Stage, shapes: Mapping[str, Shape], modules: Modules,
    *, strategy: str, some_vary: bool, chosen: frozenset[str], join: Joins | None, operator: bool,
) -> Sketch:  # fmt: skip
    layers = [modules.used[name] for name in stage.layers]
    incoming = [shapes[name][0] for name in stage.reads]
    growing = varies(stage, shapes) if strategy == "buffer" else strategy == "list" and some_vary
    # The state of `mixed` gains channels from layer to layer, and the reads do not tell how many.
    fixed = not chosen.intersection(stage.layers)
    state_grows = stage.operator.running and fixed and len(set(incoming[1:])) > 1
    grows = growing or state_grows
    calls = [
        (module, _values(module, values, width if grows and place >= stage.projected else None))
        for place, ((module, values), width) in enumerate(zip(layers, incoming, strict=True))
    ]
    # A layer that reads the input is written apart only if its channels are an argument.
    entering = [
        name in chosen and INCOMING not in values
        for name, (_, values) in zip(stage.layers, calls, strict=True)
    ]
    runs = tuple(
        SketchRun(module, len(list(group)), values, enters)
        for ((module, values), enters), group in groupby(zip(calls, entering, strict=True))
    )
    outputs = [shapes[name][0] for name in stage.outputs]
    widths = ((outputs[0], 1), *((w, len(list(same))) for w, same in groupby(outputs[1:])))
    output_names = set(stage.outputs)
    joins = [name for name in (*stage.reads, stage.exit) if name not in output_names]
    shares = strategy == "list" and len(set(joins)) < len(joins)
    drops = any(
        node.op.operator.dropped()
        for node in map(graph.__getitem__, joins)
        if isinstance(node.op, Aggregate)
    )
    join = join if joins else None
    entry = modules.used[stage.entry_chain] if stage.entry_chain else None
    joined: Joined = joined_widths(stage, outputs, incoming) if grows else "first"
    if strategy == "running" and grows:  # its layers read the state, not the outputs of the rule
        joined = tuple(incoming[stage.projected :])
    line = arithmetic(joined)
    joined = "line" if line else joined
    summed = any(INCOMING in values for _, values in calls) or (join and join.varies())
    needed = operator or strategy == "buffer" or (grows and summed and not line)
    kept = widths if needed else ()
    return Sketch(
        stage, strategy, runs, kept, bool(joins), shares, drops,
        joined, join, entry, line,
        tuple(_carrying(stage, modules)),
    )  # fmt: skip


def _carrying(stage: Stage, modules: Modules) -> Iterator[Carrying]:
    """Yield what happens at each border of a stage."""
    for border in stage.borders:
        calls = tuple(map(modules.used.__getitem__, border.nodes))
        yield Carrying(border.layer, border.sources, calls)


def arithmetic(joined: Joined) -> tuple[int, int] | None:
    """Return the first width and the step, if widths of two or more aggregates grow evenly.

    >>> arithmetic((304, 320, 336)), arithmetic((8, 16, 16))
    ((304, 16), None)
    """
    if isinstance(joined, str) or len(joined) < 2:
        return None
    start, step = joined[0], joined[1] - joined[0]
    even = all(width == start + step * place for place, width in enumerate(joined))
    return (start, step) if even and step else None


def operator_form(operator: Aggregation) -> object:
    """Return what the aggregations of stages of one class have in common: all but their numbers.

    Those are arguments of the class. Weights and drop-path are written for one aggregation each.
    """
    numbers = operator.arguments()
    plain = all(type(number) in {int, float} for number in numbers)
    if not plain or not numbers or operator.weights() or operator.dropped():
        return operator
    words = said(operator, ["#"] * len(numbers))
    return type(operator), words, operator.then(), len(numbers)


def said(operator: Aggregation, names: Sequence[str]) -> str:
    """Return the words for an aggregation, with names in the place of its numbers.

    Args:
        operator: the aggregation.
        names: a name for each of its numbers, in the order of `operator.arguments()`.
    """
    text = operator.says()
    for number, name in zip(operator.arguments(), names, strict=False):
        written = "|".join(re.escape(form) for form in (f"{number:,}", str(number)))
        text = re.sub(rf"\b(?:{written})\b", name, text)
    return text


def _values(
    module: ModuleClass, values: tuple[Number, ...], incoming: int | None
) -> tuple[Number | str, ...]:
    """Argument values; where the width of what is read varies, its argument is INCOMING."""
    return tuple(
        INCOMING if name == "channels" and value == incoming and not module.projection else value
        for name, value in zip(module.parameters, values, strict=True)
    )
