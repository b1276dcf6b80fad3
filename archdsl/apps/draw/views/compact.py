"""Draw a stage as in figure 1(a): each aggregate is joined with the next output.

This is possible only for stages whose layers read all outputs, and only if their operator gives the
same result for an aggregate and one more output as for all outputs at once. A mean does not.
"""

from __future__ import annotations

from archdsl.apps.draw.curves import arc, straight
from archdsl.apps.draw.looks import CHAIN, FOCUS_BOX, INTO, JOIN, PLAIN_BOX, Look
from archdsl.apps.draw.scene import Box, Curve, Scene, Text
from archdsl.apps.draw.subject import Subject
from archdsl.apps.draw.views.exploded import HEIGHT, LABEL, MARK, WIDTH, leaving
from archdsl.ir.graph import Stage

STEP = 62.0
AFTER = 31.0
"""Distance from a unit to the mark after it, centre to centre."""

RISE = 16.0
"""Height of the arc around a unit."""


def continues(stage: Stage) -> bool:
    """Return whether every aggregate, including that of the exit, continues the previous one."""
    layers = range(1, stage.depth + 1)
    whole = all(sorted(stage.sources(layer)) == list(range(layer)) for layer in layers)
    ends = len(stage.exit_sources()) in {1, stage.depth + 1} and stage.depth in stage.exit_sources()
    ends = ends and stage.leaves != "newest-first" and stage.joining is None
    return whole and ends and (stage.operator.associative or stage.operator.running)


def marks(stage: Stage) -> int:
    """Return the number of aggregates: one per layer, the last only if the exit reads all."""
    return stage.depth - (len(stage.exit_sources()) == 1)


def compact(subject: Subject, stage: Stage) -> Scene:
    """Return alternating units and marks, with an arc around each unit from mark to mark.

    Args:
        subject: the network.
        stage: a stage for which `continues` is True.
    """
    focus = subject.focused(stage)
    boxes, curves = [_unit(subject, stage, 0, focus)], []
    for layer in range(1, stage.depth + 1):
        hot = layer == focus
        boxes.append(_unit(subject, stage, layer, focus))
        look = INTO if hot else CHAIN
        before = f"{stage.index}.{layer - 1}" + (".join" if layer > 1 else "")
        here, mark = f"{stage.index}.{layer}", f"{stage.index}.{layer}.join"
        start = _x(layer - 1) + (AFTER + MARK / 2 if layer > 1 else WIDTH / 2)
        tooltip = f"what F{layer} reads"
        into = straight((start, 0), (_x(layer) - WIDTH / 2, 0))
        curves.append(Curve(before, here, into, look, True, tooltip, hot))
        if layer > marks(stage):
            break
        boxes.append(_mark(stage, layer))
        out = straight((_x(layer) + WIDTH / 2, 0), (_x(layer) + AFTER - MARK / 2, 0))
        curves.append(Curve(here, mark, out, CHAIN))
        foot = (start - MARK / 2, MARK / 2) if layer > 1 else (_x(0), HEIGHT / 2)
        around = arc(foot, (_x(layer) + AFTER, MARK / 2), RISE + (HEIGHT - MARK) / 2)
        curves.append(Curve(before, mark, around, CHAIN))
    last, end = f"{stage.index}.{stage.depth}", _x(stage.depth) + WIDTH / 2
    if marks(stage) == stage.depth:
        last, end = f"{last}.join", _x(stage.depth) + AFTER + MARK / 2
    curves.append(Curve(last, last, straight((end, 0), (end + 16, 0)), CHAIN, True))
    text = Text(end + 20, 0, leaving(subject, stage), side="left", colour="#6b6b6b")
    return Scene(f"stage {stage.index}", tuple(boxes), tuple(curves), (text,))


def _unit(subject: Subject, stage: Stage, layer: int, focus: int | None) -> Box:
    look = FOCUS_BOX if layer == focus else PLAIN_BOX
    return Box(
        f"{stage.index}.{layer}", _x(layer), 0, WIDTH, HEIGHT, f"F{layer}", look,
        tooltip=subject.tooltip(stage, layer),
    )  # fmt: skip


def _mark(stage: Stage, layer: int) -> Box:
    look = Look(JOIN.stroke, JOIN.fill, JOIN.width)
    return Box(
        f"{stage.index}.{layer}.join", _x(layer) + AFTER, 0, MARK, MARK, LABEL, look, "circle",
        size=8.0, tooltip=f"{stage.operator.says()}: F0 to F{layer}",
    )  # fmt: skip


def _x(layer: int) -> float:
    return layer * STEP
