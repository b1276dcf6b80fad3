"""Draw a stage as in figure 1(b) and (c): units in a line, and marks that join their reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archdsl.apps.draw.curves import arc, lane, straight
from archdsl.apps.draw.looks import BACK, CHAIN, FOCUS_BOX, INTO, JOIN, PLAIN_BOX, SOURCE_BOX, Look
from archdsl.apps.draw.scene import Box, Curve, Scene, Text
from archdsl.apps.draw.subject import Subject
from archdsl.ir.graph import Stage

STEP = 58.0
WIDTH, HEIGHT = 28.0, 18.0
BEFORE = 27.0
"""Distance from a mark to the unit after it, centre to centre."""

MARK = 11.0
"""Diameter of a mark."""

LABEL = "\u00d7"
"""With the circle of the mark, the operator of equation 2."""


def exploded(subject: Subject, stage: Stage) -> Scene:
    """Return boxes `S.L` and marks `S.L.join`.

    A layer that reads one output has no mark. Links end at the mark.

    Args:
        subject: the network.
        stage: the stage; each of its links is drawn.
    """
    focus = subject.focused(stage)
    ends = stage.exit_sources()
    boxes = [_unit(subject, stage, layer, focus) for layer in range(stage.depth + 1)]
    curves: list[Curve] = []
    for layer in range(1, stage.depth + 2):
        sources = stage.sources(layer) if layer <= stage.depth else ends
        hot = layer == focus
        if len(sources) > 1:
            boxes.append(_mark(subject, stage, layer, hot=hot))
        curves += _links(subject, stage, layer, sources, hot=hot)
    leaves = Text(_x(stage.depth + 1), 0, leaving(subject, stage), side="left", colour="#6b6b6b")
    return Scene(f"stage {stage.index}", tuple(boxes), tuple(curves), (leaves,))


def leaving(subject: Subject, stage: Stage) -> str:
    """Return the part of the network that reads the output of a stage.

    Args:
        subject: the network.
        stage: one of its stages.

    Returns:
        Such as `to stage 2`; `out` for the last stage.
    """
    last = stage.index + 1 == len(subject.graph.stages)
    return "out" if last else f"to stage {stage.index + 1}"


def _unit(subject: Subject, stage: Stage, layer: int, focus: int | None) -> Box:
    read = focus is not None and layer in stage.sources(focus)
    look = FOCUS_BOX if layer == focus else SOURCE_BOX if read else PLAIN_BOX
    return Box(
        f"{stage.index}.{layer}", _x(layer), 0, WIDTH, HEIGHT, f"F{layer}", look,
        tooltip=subject.tooltip(stage, layer),
    )  # fmt: skip


def _mark(subject: Subject, stage: Stage, layer: int, *, hot: bool) -> Box:
    look = Look(INTO.stroke, "#ffffff", 1.0, INTO.stroke) if hot else JOIN
    ends = layer > stage.depth
    operator = stage.exit_operator if ends else stage.operator
    tooltip = f"{operator.says()}: what {'leaves' if ends else f'F{layer} reads'}"
    return Box(
        f"{stage.index}.{layer}.join", _x(layer) - BEFORE, 0, MARK, MARK, LABEL, look, "circle",
        size=8.0, tooltip=tooltip,
    )  # fmt: skip


def _links(
    subject: Subject, stage: Stage, layer: int, sources: Sequence[int], *, hot: bool
) -> Iterator[Curve]:
    """Yield links into the mark and from it to the unit, or into the unit if it has no mark."""
    joined = len(sources) > 1
    out = layer > stage.depth
    unit = f"{stage.index}.{layer}" if not out else f"{stage.index}.{layer}.out"
    target = f"{unit.removesuffix('.out')}.join" if joined else unit
    end = _x(layer) - BEFORE if joined else _x(layer)
    half = MARK / 2 if joined else WIDTH / 2
    if out and not joined:
        end, half, target = _x(layer) - 4, 0.0, f"{stage.index}.{stage.depth}"
    for source in sources:
        name = f"{stage.index}.{source}"
        plain = INTO if hot else CHAIN if layer - source == 1 else BACK
        look = subject.weighed(stage, source, layer, plain)
        if layer - source == 1:
            points = straight((_x(source) + WIDTH / 2, 0), (end - half, 0))
        else:
            top = MARK / 2 if joined else HEIGHT / 2
            points = arc((_x(source), HEIGHT / 2), (end, top), lane(layer - source))
        tooltip = f"F{source} to {f'F{layer}' if not out else 'the exit'}"
        yield Curve(name, target, points, look, hot, tooltip, hot)
    if joined:
        start = _x(layer) - BEFORE + MARK / 2
        finish = _x(layer) - (4 if out else WIDTH / 2)
        look = INTO if hot else CHAIN
        points = straight((start, 0), (finish, 0))
        yield Curve(target, target if out else unit, points, look, True, "", hot)


def _x(layer: int) -> float:
    return layer * STEP
