"""`matrix`: a mark for each link, by source and reader; its colour is the cost of the link.

Rows are sources and columns are readers, as in figure 3 of Zhu et al. 2018, whose first row is the
stage's input, and as in `archdsl heatmap`.

The cost of a link is the number of values that the reader reads through it: channels times
positions, the measure of memory traffic of Chao et al. 2019 (HarDNet). For a network with
strengths, the colour is the strength of a link. Layers of deep stages are
combined in square groups with the colour of their mean. Equal neighbours along a row or a diagonal
are one shape: the exponential rule is a fan of lines, the full rule a triangle, plain a diagonal.
"""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.apps.draw.captions import page
from archdsl.apps.draw.cells import Cells, Scale, cells, grouped, scale, shapes
from archdsl.apps.draw.looks import FAINT, INTO, Look
from archdsl.apps.draw.scene import (
    LINE,
    SIZE,
    Box,
    Scene,
    Side,
    Text,
    side_by_side,
    stacked,
    text_width,
)
from archdsl.apps.draw.strengths import sentences
from archdsl.apps.draw.subject import Subject, listed, ruled
from archdsl.counted import counted
from archdsl.ir.graph import Stage

SIDE = 330.0
"""Width of the deepest stage, in points."""

LARGEST = 16.0
"""Maximum side of a cell, in points."""

ACROSS = 3
"""Maximum number of panels in a row."""

LINKS = 4_000_000
TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
FRAME = Look("#c8c8c8", "none", 0.5)
COLUMN = Look(INTO.stroke, "none", 0.9)


def fits(subject: Subject) -> bool:
    """Return whether the links can be counted in a short time."""
    return sum(subject.stage_report(stage).links for stage in subject.shown) <= LINKS


def scene(subject: Subject) -> Scene:
    """Return a panel for each stage, with one scale of colours and sizes by depth."""
    colours = scale(subject)
    deepest = max(stage.depth for stage in subject.shown) + 1
    step = min(LARGEST, SIDE / deepest)
    panels = [_panel(subject, stage, cells(subject, stage, colours), step)
              for stage in subject.shown]  # fmt: skip
    lines = [
        side_by_side("", panels[first : first + ACROSS], 30.0)
        for first in range(0, len(panels), ACROSS)
    ]
    body = stacked("", [*lines, _legend(colours)], 26.0)
    caption = subject.said(_caption(subject, grouped(deepest)))
    if strengths := subject.shown_strengths():
        caption += f" {sentences(strengths, by='Colour', dotted=False)}"
    return page(subject.title, [body], caption)


def _panel(subject: Subject, stage: Stage, grid: Cells, step: float) -> Scene:
    """Return the panel of a stage: cell (s, l) is at ((l + 0.5) step, -(s + 0.5) step)."""
    side = (stage.depth + 1) * step
    frame = Box(f"{stage.index}", side / 2, -side / 2, side, side, "", FRAME, "box", tooltip=" ")
    boxes, curves = shapes(grid, stage, step * grid.group)
    focus = subject.focused(stage)
    if focus is not None:
        wide, high = max(step, 2.0), focus * step
        boxes = (*boxes, Box(
            f"{stage.index}.column", (focus + 0.5) * step, -high / 2, wide, high, "", COLUMN, "box",
            tooltip=subject.tooltip(stage, focus),
        ))  # fmt: skip
    texts = (*_ticks(stage, step, focus), *_labels(subject, stage, side))
    return Scene(f"stage {stage.index}", (frame, *boxes), curves, texts)


def _ticks(stage: Stage, step: float, focus: int | None) -> Iterator[Text]:
    """Yield the numbers of sources on the left and of readers above, and that of the focus."""
    wide = text_width(f"{stage.depth}") * 1.8
    every = next((tick for tick in TICKS if tick * step >= max(wide, 18)), stage.depth + 1)
    for layer in range(0, stage.depth + 1, every):
        centre = (layer + 0.5) * step
        yield Text(-5, -centre, str(layer), side="right", colour=FAINT, size=8.0)
        if focus is None or abs(layer - focus) * step > wide + 4:
            yield Text(centre, 8, str(layer), colour=FAINT, size=8.0)
    if focus is not None:
        yield Text((focus + 0.5) * step, 8, f"F{focus}", colour=INTO.stroke, bold=True)


def _labels(subject: Subject, stage: Stage, side: float) -> Iterator[Text]:
    """Yield the caption, in the lower left half, or below if that is too small."""
    report = subject.stage_report(stage)
    lines = [ruled(report), counted(report.layers, "layer"), counted(report.links, "link")]
    if focus := subject.focused(stage):
        lines.append(f"F{focus} reads {len(stage.sources(focus)):,}")
    inside = side >= 2.6 * max(map(text_width, lines))
    high = len(lines) * SIZE * LINE
    end: Side = "left" if inside else "right"
    x, y = (8.0, high + 14 - side) if inside else (side, -side - 10)
    yield Text(x, y, f"stage {stage.index}", side=end, bold=True)
    for index, text in enumerate(lines, start=1):
        yield Text(x, y - index * SIZE * LINE, text, side=end, colour=FAINT)


def _legend(scale: Scale) -> Scene:
    """Return a swatch for each colour, with the smallest and the largest cost."""
    if scale.least == scale.most:
        text = f"every link: {counted(scale.least, 'number')}"
        box = Box(
            "legend.0",
            7,
            0,
            14,
            9,
            "",
            Look(fill=scale.colours[scale.level(scale.least)], width=0),
            "box",
        )
        return Scene("legend", (box,), (), (Text(18, 0, text, side="left", colour=FAINT),))
    if scale.linear:
        return _strengths(scale)
    boxes = tuple(
        Box(f"legend.{place}", place * 8 + 4, 0, 8, 9, "", Look(fill=colour, width=0), "box",
            tooltip=" ")
        for place, colour in enumerate(scale.colours)
    )  # fmt: skip
    right = len(scale.colours) * 8 + 6
    texts = (
        Text(-6, 0, f"{scale.least:,}", side="right", colour=FAINT),
        Text(
            right,
            0,
            f"{counted(scale.most, 'number')} read through one link",
            side="left",
            colour=FAINT,
        ),
    )
    return Scene("legend", boxes, (), texts)


def _strengths(scale: Scale) -> Scene:
    """Return a swatch for each strength from 0 to 1, and one for links without a strength."""
    *shades, without = scale.colours
    swatches = [(place * 8 + 4.0, 8, colour) for place, colour in enumerate(shades)]
    right = len(shades) * 8 + 6
    uses = Text(right, 0, "1: how strongly a layer uses an output", side="left", colour=FAINT)
    swatches.append((uses.area.right + 16, 8, without))
    boxes = tuple(
        Box(f"legend.{place}", x, 0, wide, 9, "", Look(fill=colour, width=0), "box", tooltip=" ")
        for place, (x, wide, colour) in enumerate(swatches)
    )
    texts = (
        Text(-6, 0, "0", side="right", colour=FAINT), uses,
        Text(uses.area.right + 24, 0, "no weights of its own", side="left", colour=FAINT),
    )  # fmt: skip
    return Scene("legend", boxes, (), texts)


def _caption(subject: Subject, group: int) -> str:
    focus, report, stage = subject.focus, subject.counts, subject.stage
    total = f"{counted(report.layers, 'layer')}, {counted(report.links, 'link')}."
    groups = f" A mark is a group of {group} x {group} layers." if group > 1 else ""
    red = f"Red: F{focus.layer}{subject.where} reads {listed(stage.sources(focus.layer))}."
    text = f"{total} A column is a layer, its rows what it reads.{groups} {red} {subject.missing()}"
    return text.rstrip()
