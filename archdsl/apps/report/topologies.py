"""Draw one stage of each network as a line with arcs, with the same layer highlighted in all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from archdsl.apps.compare.model import Comparison, Row
from archdsl.apps.draw.dot import dot
from archdsl.apps.draw.paint import SlowError, paint
from archdsl.apps.draw.row import Row as Line
from archdsl.apps.draw.row import line, links_of
from archdsl.apps.draw.subject import listed, ruled
from archdsl.counted import counted
from archdsl.errors import ArchdslError
from archdsl.ir.graph import Stage

MOST = 12
"""Maximum number of pictures; a page with more would be slow."""

WHOLE = 24
"""Stages with up to this many layers are drawn completely."""

LAYERS = 16
"""Number of layers that are drawn of a deeper stage; later ones look similar."""

FOCUS = 6
"""The layer that figure 1 highlights."""


@dataclass(frozen=True, slots=True)
class Topology:
    """A picture as SVG markup, or None if it could not be drawn, and its caption."""

    label: str
    svg: str | None
    caption: str


def topologies(comparison: Comparison) -> list[Topology]:
    """Return pictures of the first `MOST` networks, all with the same layer in focus."""
    rows = comparison.rows[:MOST]
    stages = [_middle(row) for row in rows]
    focus = min([FOCUS, *(stage.depth for stage in stages)])
    return [
        _topology(index, row, stage, focus)
        for index, (row, stage) in enumerate(zip(rows, stages, strict=True))
    ]


def _middle(row: Row) -> Stage:
    stages = row.graph.stages
    return stages[len(stages) // 2]


def _topology(index: int, row: Row, stage: Stage, focus: int) -> Topology:
    shown = stage.depth if stage.depth <= WHOLE else LAYERS
    last = len(row.graph.stages) - 1
    caption = f"Stage {stage.index} of stages 0 to {last}: " if last else "The stage: "
    caption += ruled(row.report.stages[stage.index]) + f"; {counted(stage.depth, 'layer')}"
    caption += f", of which the first {shown} are drawn" if shown < stage.depth else ""
    caption += f". F{focus} reads {listed(stage.sources(focus))}."
    try:
        return Topology(row.label, _svg(index, stage, shown, focus), caption)
    except ArchdslError:
        return Topology(
            row.label,
            None,
            f"{caption} There is no picture: pygraphviz is not installed, or failed.",
        )
    except SlowError:
        return Topology(row.label, None, f"{caption} There is no picture: Graphviz took too long.")


def _svg(index: int, stage: Stage, shown: int, focus: int) -> str:
    """Return the markup, with ids that are unique on the page."""
    drawn = Line(f"n{index}.", label=lambda layer: f"F{layer}", tooltip=_reads(stage))
    links = links_of(stage.sources, range(1, shown + 1))
    scene = line(drawn, shown, links, focus, stage.sources(focus))
    scene = replace(scene, title=f"topology {index}",
                   curves=tuple(replace(c, front=False) for c in scene.curves))  # fmt: skip
    return "".join(_inline(paint(dot(scene), "svg", background="none").decode(), index))


def _reads(stage: Stage) -> Callable[[int], str]:
    return lambda layer: (
        f"F{layer} reads {listed(stage.sources(layer))}" if layer else "input of the stage"
    )


def _inline(svg: str, index: int) -> Iterator[str]:
    """Yield an SVG for a page: without prolog and fixed size, with unique ids."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r'^<svg width="[^"]*" height="[^"]*"', '<svg role="img"', body)
    body = re.sub(r'\bid="', f'id="t{index}-', body)
    yield re.sub(r"<!--.*?-->\n?", "", body, flags=re.DOTALL)


def left_out(comparison: Comparison) -> Sequence[str]:
    """Return the labels of the networks after the first `MOST`, which have no picture."""
    return [row.label for row in comparison.rows[MOST:]]
