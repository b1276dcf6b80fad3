"""Heat maps as in Figure 3 of Zhu et al. 2018, from the checkpoints of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from archdsl import api
from archdsl.apps.heatmap.model import HeatMap
from archdsl.apps.heatmap.plot import layout
from archdsl.apps.report.svg import STYLE, drawn
from archdsl.apps.runs.grouping import Group
from archdsl.apps.runs.model import Run
from archdsl.apps.runs.reading import load_checkpoint
from archdsl.apps.runs.values import printable
from archdsl.errors import ArchdslError, fail
from archdsl.extras import require
from archdsl.lowering.limits import Limits

MOST = 12
"""Maximum number of groups with a heat map; a page with more would be slow."""

PANELS = 12
"""Maximum number of stages and blocks that are drawn of a network."""

REM = 8
"""The width of an inch of a figure on the page, in the unit rem, as in the wide plots."""

CHECKPOINTS = ("best.pt", "last.pt")

WHITE = {
    **STYLE, "axes.facecolor": "#ffffff", "axes.grid": False, "figure.facecolor": "none",
    "savefig.transparent": False,
}  # fmt: skip
"""Links that do not exist are white in the dark too, as the strongest ones are dark."""


@dataclass(frozen=True, slots=True)
class Strengths:
    """A heat map as SVG markup, or None if there is none, and a caption that says why.

    `width` is how wide it is at most, in the unit rem.
    """

    label: str
    svg: str | None
    caption: str
    width: int = 0


def strengths(groups: Sequence[Group], limits: Limits | None = None) -> list[Strengths]:
    """Return the heat maps of the first runs of the first `MOST` groups.

    Args:
        groups: groups of runs.
        limits: how large the networks may be.
    """
    return [_strengths(index, group, limits) for index, group in enumerate(groups[:MOST])]


def _strengths(index: int, group: Group, limits: Limits | None) -> Strengths:
    try:
        path = _checkpoint(group.first)
        heat = _heat_map(group.first, path, limits)
    except ArchdslError as error:
        first = error.diagnostics[0]
        why = "; ".join(text for text in (first.message, first.note) if text)
        return Strengths(group.label, None, f"There is no heat map: {printable(why)}.")
    fill, size = layout(heat, PANELS)
    svg = drawn(f"heat{index}", fill, size, WHITE)
    return Strengths(group.label, svg, _caption(group.first, path, heat), round(REM * size[0]))


def _checkpoint(run: Run) -> Path:
    """Return the best checkpoint of a run. Raise A401 if it has none."""
    for name in CHECKPOINTS:
        if (path := run.path / name).exists():
            return path
    raise fail("A401", f"{run.name} has neither {' nor '.join(CHECKPOINTS)}")


def _heat_map(run: Run, path: Path, limits: Limits | None) -> HeatMap:
    """Return the heat map of a run. Raise ArchdslError if its network has none."""
    if run.spec is None:
        raise fail("A420", run.problem)
    require("torch")
    from archdsl.apps.heatmap.checkpoint import heat_map

    return heat_map(api.lower(run.spec, limits), load_checkpoint(path))


def _caption(run: Run, path: Path, heat: HeatMap) -> str:
    seed = "" if run.seed is None else f", seed {run.seed}"
    caption = f"From {path.name} of {run.name}{seed}."
    if heat.left:
        caption += f" Outputs of stages {', '.join(map(str, heat.left))} are added."
    if len(heat.panels) > PANELS:
        caption += f" The first {PANELS} of {len(heat.panels):,} panels are drawn."
    return caption
