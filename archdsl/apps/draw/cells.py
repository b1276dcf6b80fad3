"""Show the links of a stage as coloured cells of a grid, with few shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from math import ceil, log, prod

from archdsl.apps.draw.curves import straight
from archdsl.apps.draw.looks import Look
from archdsl.apps.draw.scene import Box, Curve
from archdsl.apps.draw.subject import Subject
from archdsl.counted import counted
from archdsl.ir.graph import Stage

MOST = 500
"""Maximum number of rows of a grid; layers of deeper stages are grouped."""

APART = 600
"""Up to this many cells, each cell has its own box and tooltip."""

ANCHORS = ("#a6cbe3", "#6aaed6", "#3a8bc2", "#1660a0", "#08306b")
"""Blues from light to dark that can be told apart in grey and on white paper."""

LEVELS = 16
WITHOUT = "#d0d0d0"
"""The colour of links without a strength: they have no weights of their own."""

Cell = tuple[int, int]
"""(row, column): the group of the source and of the reader, as in a heat map."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Colours of the costs from `least` to `most`, on a logarithmic scale.

    A scale of strengths is from 0 to 1 and `linear`; its last colour is for links without one.
    """

    least: int
    most: int
    colours: tuple[str, ...]
    linear: bool = False

    def level(self, cost: float | None) -> int:
        """Return the index of the colour of a cost or a strength."""
        if cost is None:
            return len(self.colours) - 1
        if self.linear:
            return round(cost * (len(self.colours) - 2))
        if self.least == self.most:
            return len(self.colours) // 2
        part = log(cost / self.least) / log(self.most / self.least)
        return min(len(self.colours) - 1, max(0, round(part * (len(self.colours) - 1))))


@dataclass(frozen=True, slots=True)
class Cells:
    """The colours of the cells with links, as indices; a row combines `group` layers."""

    group: int
    scale: Scale
    levels: Mapping[Cell, int]
    costs: tuple[int, ...]


def scale(subject: Subject) -> Scale:
    """Return the scale of the links that are shown; outputs that no layer reads are ignored."""
    if subject.strengths is not None:
        return Scale(0, 1, (*_colours(), WITHOUT), linear=True)
    costs = [cost for stage in subject.shown for cost in _read(subject, stage)] or [1]
    return Scale(min(costs), max(costs), tuple(_colours()))


def cells(subject: Subject, stage: Stage, colours: Scale) -> Cells:
    """Return the grid of a stage.

    Args:
        subject: the network.
        stage: one of its stages.
        colours: the scale of all stages.
    """
    costs = tuple(_costs(subject, stage))
    group = grouped(stage.depth + 1)
    counts: dict[Cell, int] = {}
    sums: dict[Cell, float] = {}
    for layer in range(1, stage.depth + 1):
        for source in stage.sources(layer):
            cell = (source // group, layer // group)
            value = subject.strength(stage, source, layer) if colours.linear else costs[source]
            counts[cell] = counts.get(cell, 0) + (value is not None)
            sums[cell] = sums.get(cell, 0) + (value or 0)
    levels = {
        cell: colours.level(sums[cell] / count if count else None) for cell, count in counts.items()
    }
    return Cells(group, colours, levels, costs)


def grouped(outputs: int) -> int:
    """Return the number of layers that one row combines."""
    return ceil(outputs / MOST)


def shapes(grid: Cells, stage: Stage, step: float) -> tuple[tuple[Box, ...], tuple[Curve, ...]]:
    """Return boxes along rows, or lines along diagonals if these are fewer.

    Args:
        grid: the cells.
        stage: the stage.
        step: the side of a cell, in points.
    """
    if len(grid.levels) <= APART and grid.group == 1:
        return tuple(_apart(grid, stage, step)), ()
    rows, diagonals = list(_runs(grid.levels, _row)), list(_runs(grid.levels, _diagonal))
    if len(rows) <= len(diagonals):
        return tuple(map(partial(_bar, grid, stage, step), rows)), ()
    return (), tuple(map(partial(_line, grid, stage, step), diagonals))


def _costs(subject: Subject, stage: Stage) -> Iterator[int]:
    """Return the number of values in each output of a stage."""
    return (prod(subject.shapes[name]) for name in stage.outputs)


def _read(subject: Subject, stage: Stage) -> Iterator[int]:
    """Return the costs of the outputs that some layer reads."""
    costs = tuple(_costs(subject, stage))
    layers = range(1, stage.depth + 1)
    read = {source for layer in layers for source in stage.sources(layer)}
    return (costs[source] for source in read)


def _colours() -> Iterator[str]:
    """Yield `LEVELS` evenly spaced colours between the anchors."""
    anchors = [tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) for colour in ANCHORS]
    for level in range(LEVELS):
        position = level / (LEVELS - 1) * (len(anchors) - 1)
        low = min(int(position), len(anchors) - 2)
        mixed = (
            a + (b - a) * (position - low)
            for a, b in zip(anchors[low], anchors[low + 1], strict=True)
        )
        yield "#" + "".join(f"{round(part):02x}" for part in mixed)


def _row(cell: Cell) -> Cell:
    """Return the line of a cell, and its position on it: here the row and the column."""
    return cell


def _diagonal(cell: Cell) -> Cell:
    return cell[0] - cell[1], cell[1]


Run = tuple[Cell, Cell, int]
"""First and last cell, and their level."""


def _runs(levels: Mapping[Cell, int], along: Callable[[Cell], Cell]) -> Iterator[Run]:
    """Yield runs of neighbouring cells with one level, along rows or diagonals."""
    ordered = sorted(levels, key=along)
    keyed: Iterable[tuple[int, Cell]] = enumerate(ordered)

    def same(item: tuple[int, Cell]) -> tuple[int, int, int]:
        index, cell = item
        line, position = along(cell)
        return line, position - index, levels[cell]

    for (_, _, level), group in groupby(keyed, key=same):
        run = [cell for _, cell in group]
        yield run[0], run[-1], level


def _apart(grid: Cells, stage: Stage, step: float) -> Iterator[Box]:
    for (row, column), level in sorted(grid.levels.items()):
        tooltip = f"F{column} reads F{row}: {counted(grid.costs[row], 'number')}"
        yield _box(f"{stage.index}.{row}.{column}", (row, column), (row, column), step,
                   grid.scale.colours[level], tooltip)  # fmt: skip


def _bar(grid: Cells, stage: Stage, step: float, run: Run) -> Box:
    (row, column), last, level = run
    name = f"{stage.index}.{row}.{column}"
    return _box(name, run[0], last, step, grid.scale.colours[level], " ")


def _box(name: str, first: Cell, last: Cell, step: float, colour: str, tooltip: str) -> Box:
    left, right = first[1] * step, (last[1] + 1) * step
    high = step * 0.92 if step > 3 else step
    wide = right - left - (step - high)
    return Box(
        name, (left + right) / 2, -(first[0] + 0.5) * step, wide, high, "",
        Look(colour, colour, 0), "box", tooltip=tooltip,
    )  # fmt: skip


def _line(grid: Cells, stage: Stage, step: float, run: Run) -> Curve:
    """Return a line from the upper left corner of the first cell to the lower right of the last."""
    first, last, level = run
    start = (first[1] * step, -first[0] * step)
    end = ((last[1] + 1) * step, -(last[0] + 1) * step)
    look = Look(grid.scale.colours[level], width=max(0.5, step * 0.75))
    return Curve(str(stage.index), str(stage.index), straight(start, end), look)
