"""`paper`: a row for each stage as in figure 1 of Zhu et al. 2018, exploded or compact."""

from __future__ import annotations

from archdsl.apps.draw.captions import beside, page, stage_lines, subject_page
from archdsl.apps.draw.scene import Scene
from archdsl.apps.draw.subject import Subject, listed
from archdsl.apps.draw.views.columns import columns
from archdsl.apps.draw.views.compact import compact, continues, marks
from archdsl.apps.draw.views.exploded import exploded
from archdsl.counted import counted
from archdsl.errors import fail
from archdsl.ir.graph import Stage

LAYERS = 64
"""Maximum number of layers of a stage that are drawn with names."""


def fits(subject: Subject) -> bool:
    """Return whether every row is short enough to be readable."""
    return all(stage.depth <= LAYERS for stage in subject.shown)


def scene(subject: Subject) -> Scene:
    """Draw every aggregation separately, which is the view for comparing networks."""
    rows = [_beside(subject, stage, _row(subject, stage)) for stage in subject.shown]
    return subject_page(subject, rows, _caption(subject))


def compact_scene(subject: Subject) -> Scene:
    """Draw aggregates that continue each other. Raise A414 if some do not."""
    for stage in subject.shown:
        if not continues(stage):
            raise fail(
                "A414",
                f"stage {stage.index} of {subject.graph.name} has no compact view: "
                "each layer must read everything, joined by an associative operator, and all or "
                "the last of it must leave",
                help="leave --style compact out",
            )
    rows = [_beside(subject, stage, compact(subject, stage)) for stage in subject.shown]
    return page(subject.title, rows, subject.said(_compact_caption(subject)))


def _row(subject: Subject, stage: Stage) -> Scene:
    count = stage.rule.column_count(stage.depth)
    shared = subject.strengths is None  # columns draw the links out of a join as one line
    if count is not None and stage.leaves == "rule" and shared:
        return columns(subject, stage, count)
    return exploded(subject, stage)


def _beside(subject: Subject, stage: Stage, row: Scene) -> Scene:
    return beside(row, f"stage {stage.index}", stage_lines(subject, stage))


def _caption(subject: Subject) -> str:
    focus, report = subject.focus, subject.counts
    reads = listed(subject.stage.sources(focus.layer))
    total = f"{counted(report.layers, 'layer')}, {counted(report.links, 'link')}."
    return f"{total} Red: F{focus.layer}{subject.where} reads {reads}. {subject.missing()}".rstrip()


def _compact_caption(subject: Subject) -> str:
    chained = any(marks(stage) > 1 for stage in subject.shown)
    title = "Compact view" + chained * ": the result of one aggregation enters the next"
    advice = "To compare networks, use the exploded view."
    return f"{title}. {advice} {subject.missing()}".rstrip()
