"""`focus`: one layer with its sources and readers; the layers between them are counted.

The nearest of many reads or readers are drawn individually. Those farther away are combined in
runs with one link each, so nothing is left out and the size does not depend on the depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archdsl.apps.draw.captions import beside, subject_page
from archdsl.apps.draw.curves import arc
from archdsl.apps.draw.folding import Run, folded
from archdsl.apps.draw.looks import (
    FAINT,
    FOCUS_BOX,
    INTO,
    OUT_OF,
    PLAIN_BOX,
    READER_BOX,
    SOURCE_BOX,
    Look,
)
from archdsl.apps.draw.opened import paths_inside
from archdsl.apps.draw.scene import LINE, SIZE, Box, Curve, Scene, text_width
from archdsl.apps.draw.strengths import weighed
from archdsl.apps.draw.subject import Subject, fed, listed, ruled
from archdsl.counted import counted
from archdsl.ir.shapes import show

GAP = 8.0
LOWEST, LANE = 15.0, 11.0
"""Height of the nearest link's arc, and what each farther one adds, in points."""

TIP = 5.0
"""Width of an arrow head, in points."""

FOLDED = Look("none", "none", 0, FAINT)


@dataclass(frozen=True, slots=True)
class Placed:
    """A run and its box."""

    run: Run
    box: Box


def fits(subject: Subject) -> bool:
    """Return True: the picture has the same size at any depth."""
    return True


def scene(subject: Subject) -> Scene:
    """Return a line of boxes, with links into the focus above in red, out of it below in blue."""
    stage, focus = subject.stage, subject.focus.layer
    runs = folded(stage, focus)
    line = _line(subject, runs, 8 + TIP * max(_arrows(runs)))
    centre = next(p.box for p in line if p.run.named and p.run.first == focus)
    sources = [p for p in reversed(line) if p.run.read]
    feeds = [p for p in line if p.run.fed]
    curves = [
        _weighed(subject, p.run, _into(p, centre, rank, len(sources)))
        for rank, p in enumerate(sources)
    ]
    curves += [
        _weighed(subject, p.run, _out(p.box, centre, rank, len(feeds)))
        for rank, p in enumerate(feeds)
    ]
    boxes = [p.box for p in line]
    if focus in stage.exit_sources():
        boxes.append(_exit(stage.index, line[-1].box))
        curve = _out(boxes[-1], centre, len(feeds), len(feeds) + 1)
        look = subject.weighed(stage, focus, stage.depth + 1, curve.look)
        curves.append(replace(curve, look=look))
    body = Scene(subject.title, tuple(boxes), tuple(curves))
    report = subject.stage_report(stage)
    lines = [ruled(report), f"{counted(stage.depth, 'layer')}, {counted(report.links, 'link')}"]
    rows = [beside(body, f"stage {stage.index}", lines)]
    return subject_page(subject, rows, _caption(subject, runs))


def _arrows(runs: Sequence[Run]) -> tuple[int, int]:
    """Return the number of links into the focus, and out of it including that to the exit."""
    return sum(bool(run.read) for run in runs), sum(bool(run.fed) for run in runs) + 1


def _line(subject: Subject, runs: Sequence[Run], widest: float) -> list[Placed]:
    """Return boxes from left to right, as wide as their labels; the focus is at least `widest`."""
    placed, left = [], 0.0
    for run in runs:
        lines = 1 + run.label.count("\n")
        width = max(26.0, text_width(run.label) + 8)
        if run.named and run.first == subject.focus.layer:
            width = max(width, widest)
        box = Box(
            _name(subject, run), left + width / 2, 0, width, SIZE * LINE * lines + 7, run.label,
            _look(subject, run), tooltip=_tooltip(subject, run),
        )  # fmt: skip
        placed.append(Placed(run, box))
        left += width + GAP
    return placed


def _name(subject: Subject, run: Run) -> str:
    last = "" if run.named else f"-{run.last}"
    return f"{subject.focus.stage}.{run.first}{last}"


def _tooltip(subject: Subject, run: Run) -> str:
    if run.named:
        return subject.tooltip(subject.stage, run.first)
    return f"{counted(run.count, 'layer')}, F{run.first} to F{run.last}"


def _look(subject: Subject, run: Run) -> Look:
    if run.named and run.first == subject.focus.layer:
        return FOCUS_BOX
    look = SOURCE_BOX if run.read else READER_BOX if run.fed else PLAIN_BOX
    if run.named:
        return look
    return Look(look.stroke, "#ffffff", 0.8, look.text, "dashed") if look != PLAIN_BOX else FOLDED


def _exit(stage: int, last: Box) -> Box:
    x = last.area.right + GAP + 18
    tooltip = f"output of stage {stage}"
    return Box(f"{stage}.exit", x, 0, 36, 18, "exit", READER_BOX, tooltip=tooltip)


def _into(placed: Placed, centre: Box, rank: int, count: int) -> Curve:
    """Return a link into the focus; farther ones are higher and end farther to the right."""
    end = (_spread(centre, (rank + 0.5) / count), centre.area.top)
    points = arc((placed.box.x, placed.box.area.top), end, LOWEST + LANE * rank)
    tooltip = f"{placed.run.read:,} of the reads" if placed.run.read > 1 else placed.box.label
    return Curve(placed.box.name, centre.name, points, INTO, True, tooltip, True)


def _out(box: Box, centre: Box, rank: int, count: int) -> Curve:
    """Return a link out of the focus; farther ones are lower and start farther to the left."""
    start = (_spread(centre, 1 - (rank + 0.5) / count), centre.area.bottom)
    points = arc(start, (box.x, box.area.bottom), -LOWEST - LANE * rank)
    return Curve(centre.name, box.name, points, OUT_OF, True, box.label, True)


def _weighed(subject: Subject, run: Run, curve: Curve) -> Curve:
    """Return a link of the focus by its strength; that of a folded run by the mean strength."""
    if subject.strengths is None:
        return curve
    stage, focus, layers = subject.stage, subject.focus.layer, range(run.first, run.last + 1)
    links = (
        [(source, focus) for source in layers if source in stage.sources(focus)]
        if run.read
        else [(focus, layer) for layer in layers if focus in stage.sources(layer)]
    )
    strengths = [subject.strength(stage, *link) for link in links]
    with_weights = [strength for strength in strengths if strength is not None]
    mean = sum(with_weights) / len(with_weights) if with_weights else None
    return replace(curve, look=weighed(curve.look, mean))


def _spread(box: Box, part: float) -> float:
    """Return a position across a box between its round corners; `part` is from 0 to 1."""
    return box.area.left + 4 + part * (box.width - 8)


def _caption(subject: Subject, runs: Sequence[Run]) -> str:
    stage, focus = subject.stage, subject.focus.layer
    if focus > stage.depth:
        return "The stage has its first unit alone."
    source, name = stage.reads[focus - 1], stage.layers[focus - 1]
    reads, feeds = stage.sources(focus), fed(stage, focus)
    blue = "" if feeds == "nothing" else " (blue)"
    counts = any(not (run.named or run.read or run.fed) for run in runs)
    means = subject.strengths and any((run.read or run.fed) and not run.named for run in runs)
    return (
        f"F{focus} reads {counted(len(reads), 'output')} (red: {listed(reads)}) and feeds "
        f"{feeds}{blue}. {show(subject.shapes[source])} to "
        f"{show(subject.shapes[name])}; {counted(subject.parameters.get(name, 0), 'parameter')}."
        f"{' Grey numbers count layers between.' if counts else ''}"
        f"{' A link of several layers shows their mean strength.' if means else ''}"
        f"{_inside(subject, name)}"
    )


def _inside(subject: Subject, name: str) -> str:
    """Return a sentence on the blocks inside a layer, by the paths that `--open` takes."""
    paths = paths_inside(subject.graph, name)
    return f" Inside: {paths}." if paths else ""
