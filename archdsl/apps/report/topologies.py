"""Small multiples: one stage of every network as a line with arcs, the same layer red in all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from archdsl.apps.compare.model import Comparison, Row
from archdsl.apps.draw.dot import dot
from archdsl.apps.draw.paint import SlowError, paint
from archdsl.apps.draw.row import Row as Line
from archdsl.apps.draw.row import line, links_of
from archdsl.apps.draw.subject import counted, listed, ruled
from archdsl.errors import ArchdslError
from archdsl.ir.graph import Stage

MOST = 12
"""Most pictures; a page with more would be slow, and nobody would see the last ones."""

WHOLE = 24
"""Stages of up to so many layers are drawn whole."""

LAYERS = 16
"""So many layers of a deeper stage are drawn; further on a rule looks alike."""

FOCUS = 6
"""The layer that figure 1 highlights."""


@dataclass(frozen=True, slots=True)
class Topology:
    """A picture as SVG markup, or None if there is none, and the sentences below it."""

    label: str
    svg: str | None
    caption: str


def topologies(comparison: Comparison) -> list[Topology]:
    """Pictures of the first networks, all with the same layer in focus."""
    rows = comparison.rows[:MOST]
    stages = [_middle(row) for row in rows]
    focus = min([FOCUS, *(stage.depth for stage in stages)])
    return [
        _topology(place, row, stage, focus)
        for place, (row, stage) in enumerate(zip(rows, stages, strict=True))
    ]


def _middle(row: Row) -> Stage:
    stages = row.graph.stages
    return stages[len(stages) // 2]


def _topology(place: int, row: Row, stage: Stage, focus: int) -> Topology:
    shown = stage.depth if stage.depth <= WHOLE else LAYERS
    last = len(row.graph.stages) - 1
    said = f"Stage {stage.index} of stages 0 to {last}: " if last else "The stage: "
    said += ruled(row.report.stages[stage.index]) + f"; {counted(stage.depth, 'layer')}"
    said += f", of which the first {shown} are drawn" if shown < stage.depth else ""
    said += f". F{focus} reads {listed(stage.sources(focus))}."
    try:
        return Topology(row.label, _svg(place, stage, shown, focus), said)
    except ArchdslError:
        return Topology(
            row.label, None, f"{said} There is no picture: pygraphviz is not installed, or failed."
        )
    except SlowError:
        return Topology(row.label, None, f"{said} There is no picture: Graphviz took too long.")


def _svg(place: int, stage: Stage, shown: int, focus: int) -> str:
    """The markup, with names that no other picture of the page has."""
    drawn = Line(f"n{place}.", label=lambda layer: f"F{layer}", tooltip=_reads(stage))
    links = links_of(stage.sources, range(1, shown + 1))
    made = line(drawn, shown, links, focus, stage.sources(focus))
    made = replace(made, title=f"topology {place}",
                   curves=tuple(replace(c, front=False) for c in made.curves))  # fmt: skip
    return "".join(_inline(paint(dot(made), "svg", transparent=True).decode(), place))


def _reads(stage: Stage) -> Callable[[int], str]:
    return lambda layer: (
        f"F{layer} reads {listed(stage.sources(layer))}" if layer else "input of the stage"
    )


def _inline(svg: str, place: int) -> Iterator[str]:
    """An SVG as part of a page: no prolog, no size of its own, ids of its own."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r'^<svg width="[^"]*" height="[^"]*"', '<svg role="img"', body)
    body = re.sub(r'\bid="', f'id="t{place}-', body)
    yield re.sub(r"<!--.*?-->\n?", "", body, flags=re.DOTALL)


def left_out(comparison: Comparison) -> Sequence[str]:
    """The labels of networks that have no picture."""
    return [row.label for row in comparison.rows[MOST:]]
