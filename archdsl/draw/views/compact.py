"""A stage as in figure 1(a): what was joined so far goes on, joined with each new output.

Only rules that read everything can be drawn so: each aggregate continues the one before it.
"""

from __future__ import annotations

from archdsl.draw.curves import arc, straight
from archdsl.draw.looks import CHAIN, FOCUS_BOX, INTO, JOIN, PLAIN_BOX, Look
from archdsl.draw.scene import Box, Curve, Scene, Text
from archdsl.draw.subject import Subject
from archdsl.draw.views.exploded import HEIGHT, LABEL, MARK, WIDTH, leaving
from archdsl.ir.graph import Stage

STEP = 62.0
AFTER = 31.0
"""How far the mark stands after its unit, centre to centre."""

RISE = 16.0
"""How high the way around a unit goes."""


def continues(stage: Stage) -> bool:
    """Whether every layer reads all outputs before it, so that aggregates continue each other."""
    return all(
        sorted(stage.sources(layer)) == list(range(layer)) for layer in range(1, stage.depth + 1)
    )


def compact(subject: Subject, stage: Stage) -> Scene:
    """Units and marks in turn, and a way around each unit from mark to mark."""
    focus = subject.focused(stage)
    boxes, curves = [_unit(subject, stage, 0, focus)], []
    for layer in range(1, stage.depth + 1):
        hot = layer == focus
        boxes += [_unit(subject, stage, layer, focus), _mark(stage, layer)]
        look = INTO if hot else CHAIN
        before = f"{stage.index}.{layer - 1}" + (".join" if layer > 1 else "")
        here, mark = f"{stage.index}.{layer}", f"{stage.index}.{layer}.join"
        start = _x(layer - 1) + (AFTER + MARK / 2 if layer > 1 else WIDTH / 2)
        said = f"what F{layer} reads"
        into = straight((start, 0), (_x(layer) - WIDTH / 2, 0))
        curves.append(Curve(before, here, into, look, True, said, hot))
        out = straight((_x(layer) + WIDTH / 2, 0), (_x(layer) + AFTER - MARK / 2, 0))
        curves.append(Curve(here, mark, out, CHAIN))
        foot = (start - MARK / 2, MARK / 2) if layer > 1 else (_x(0), HEIGHT / 2)
        around = arc(foot, (_x(layer) + AFTER, MARK / 2), RISE + (HEIGHT - MARK) / 2)
        curves.append(Curve(before, mark, around, CHAIN))
    end = _x(stage.depth) + AFTER
    last = f"{stage.index}.{stage.depth}.join"
    leave = straight((end + MARK / 2, 0), (end + MARK / 2 + 16, 0))
    curves.append(Curve(last, last, leave, CHAIN, True))
    text = Text(end + MARK / 2 + 20, 0, leaving(subject, stage), side="left", colour="#6b6b6b")
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
