"""The numbers of stages of one class, by place: which of them differ is decided from these."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from archdsl.codegen.columns import Column, Number, Numbers, Value
from archdsl.codegen.sketches import INCOMING, Sketch


def stage_columns(same: list[Sketch], chosen: bool) -> list[Column]:
    """Return the columns of the outputs' widths, of every argument of every run, and of the depths.

    Where a caller may choose the channels of the network's input, those of every layer that reads
    it are the argument `channels`.

    Args:
        same: stages of one form; a column has one value for each.
        chosen: whether a caller may choose the channels of the network's input.
    """
    first = same[0]
    enters = chosen and first.stage.index == 0
    columns = [
        Column(
            _width(first, place),
            tuple(s.widths[place][0] for s in same),
            forced=enters and not place and not first.stage.projected,
        )
        for place in range(len(first.widths))
    ]
    for index, run in enumerate(first.runs):
        columns += [
            Column(
                _named(first, run.module.parameters[place], value),
                tuple(argument(s.runs[index].values[place]) for s in same),
                forced=run.enters and run.module.parameters[place] == "channels",
            )
            for place, value in enumerate(run.values)
            if value != INCOMING
        ]
    columns += [*join_columns(same), *entry_columns(same), *number_columns(same)]
    columns += _line_columns(same)
    return columns if counted_by_list(first) else [*columns, Column("layers", depths(same))]


def counted_by_list(first: Sketch) -> bool:
    """Whether a list says how many layers the stages of a class have."""
    return any(isinstance(value, Numbers) for run in first.runs[-1:] for value in run.values)


def depths(same: list[Sketch]) -> tuple[int, ...]:
    """Return how many layers each stage has."""
    return tuple(sketch.stage.depth for sketch in same)


def number_columns(same: list[Sketch]) -> Iterator[Column]:
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


def entry_columns(same: list[Sketch]) -> Iterator[Column]:
    """The arguments of the chains that make y_0."""
    entries = [sketch.entry for sketch in same if sketch.entry]
    for place, name in enumerate(entries[0][0].parameters if entries else ()):
        yield Column(name, tuple(values[place] for _, values in entries))


def join_columns(same: list[Sketch]) -> Iterator[Column]:
    """Features of the aggregates that have weights, where those depend on them."""
    joins = [sketch.join for sketch in same if sketch.join and sketch.join.takes_channels()]
    constant = tuple(width for join in joins if (width := join.constant()) is not None)
    if constant:
        yield Column("aggregate", constant)
    exits = [sketch.join for sketch in same if sketch.join and sketch.join.exit_takes_channels()]
    if exits and same[0].strategy != "running":
        yield Column("exit", tuple(join.exit for join in exits))


def argument(value: Value | str) -> Value:
    """An argument that is not INCOMING."""
    assert not isinstance(value, str)
    return value


def _width(first: Sketch, place: int) -> str:
    """The name of a width of the outputs, or of the list of those of all layers."""
    if place == 0:
        return "channels"
    return "widths" if isinstance(first.widths[place][0], Numbers) else "width"


def _named(first: Sketch, name: str, value: Value | str) -> str:
    """The name of an argument of the layers; `widths` are only those of all outputs."""
    if not isinstance(value, Numbers):
        return name
    own = {_width(first, place) for place in range(len(first.widths))}
    if name == "width" and own and "widths" not in own:
        return "layer_widths"
    return f"{name[:-1]}_counts" if name.endswith("s") else f"{name}s"
