"""Runs of layers of one class whose numbers differ from layer to layer: each number is a list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from archdsl.codegen.columns import Module, Number, Numbers, Value
from archdsl.codegen.sketches import INCOMING, Sketch, SketchRun

FEWEST = 3
"""Runs in a row that become one loop over lists; two are a first layer and the others."""

MOST = 3
"""Arguments of a run that may be lists: more are read better as a constructor call per layer."""

Row = tuple[SketchRun, ...]
"""Consecutive runs of one class."""


def listed(sketches: Sequence[Sketch]) -> list[Sketch]:
    """Join consecutive runs of one class, if a stage has many: what differs becomes a list.

    Stages that are alike but for these numbers are joined alike, so that they share a class.

    Args:
        sketches: the stages of a network.
    """
    joined = list(sketches)
    alike: dict[object, list[int]] = defaultdict(list)
    for index, sketch in enumerate(sketches):
        alike[_form(sketch)].append(index)
    for indices in alike.values():
        same = [sketches[index] for index in indices]
        for index, sketch in zip(indices, _joined(same), strict=True):
            joined[index] = sketch
    return joined


def _form(sketch: Sketch) -> object:
    """What stages have in common that share a class once their runs are joined."""
    rows = tuple(_key(row[0]) for row in _rows(sketch))
    return replace(sketch, widths=()).kind(), bool(sketch.widths), rows


def _joined(same: Sequence[Sketch]) -> Sequence[Sketch]:
    rows = [list(_rows(sketch)) for sketch in same]
    places = list(zip(*rows, strict=True))
    vary = [_varying(place) for place in places]
    wide = any(vary) and any(len(sketch.widths) > 2 for sketch in same)
    joined = []
    for sketch, own in zip(same, rows, strict=True):
        runs = [
            run
            for row, places in zip(own, vary, strict=True)
            for run in (row if places is None else (_one(row, places),))
        ]
        widths = _width_list(sketch) if wide else sketch.widths
        joined.append(replace(sketch, runs=tuple(runs), widths=widths))
    return _shared(joined) if wide else joined


def _shared(same: Sequence[Sketch]) -> Sequence[Sketch]:
    """Where the list of the last run is the end of that of all widths, the latter is enough."""
    widths = [sketch.widths[1][0] for sketch in same]
    for place, values in enumerate(zip(*(sketch.runs[-1].values for sketch in same), strict=True)):
        if all(_ends(own, value) for own, value in zip(widths, values, strict=True)):
            same = [_given(sketch, place, own) for sketch, own in zip(same, widths, strict=True)]
    return same


def _ends(widths: Value, value: Value | str) -> bool:
    if not isinstance(widths, Numbers) or not isinstance(value, Numbers):
        return False
    return widths[-len(value) :] == value


def _given(sketch: Sketch, place: int, value: Value) -> Sketch:
    """The same with another argument of the last run."""
    *earlier, last = sketch.runs
    values = (*last.values[:place], value, *last.values[place + 1 :])
    return replace(sketch, runs=(*earlier, replace(last, values=values)))


def _rows(sketch: Sketch) -> Iterator[Row]:
    """Consecutive runs of one class; each that reads the network's input is apart."""
    for enters, same in groupby(sketch.runs, key=attrgetter("enters")):
        rows = ((run,) for run in same) if enters else (row for _, row in groupby(same, key=_key))
        yield from map(tuple, rows)


def _key(run: SketchRun) -> object:
    """Equal for runs that can be joined."""
    fixed = (v if isinstance(v, Module) else v == INCOMING for v in run.values)
    return run.module.name, run.enters, tuple(fixed)


def _varying(rows: Sequence[Row]) -> set[int] | None:
    """Which arguments become lists: those that differ between the runs of some row.

    None if the runs stay as they are.
    """
    columns = [list(zip(*(run.values for run in row), strict=True)) for row in rows]
    vary = {i for each in columns for i, values in enumerate(each) if len(set(values)) > 1}
    return vary if max(map(len, rows)) >= FEWEST and len(vary) <= MOST else None


def _one(row: Row, vary: set[int]) -> SketchRun:
    values: list[Value | str] = list(row[0].values)
    for place in vary:
        values[place] = Numbers(n for run in row for n in [number(run.values[place])] * run.count)
    return replace(row[0], count=sum(run.count for run in row), values=tuple(values))


def _width_list(sketch: Sketch) -> tuple[tuple[Value, int], ...]:
    """The widths after the first one as a list."""
    first, *others = sketch.widths
    return first, (Numbers(number(width) for width, count in others for _ in range(count)), 1)


def number(value: Value | str) -> Number:
    """Return an argument that is a number, neither INCOMING nor a list."""
    assert not isinstance(value, str | Numbers)
    return value
