"""Text around a picture: a title above, a caption to the left of each row, sentences below."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from textwrap import wrap

from archdsl.apps.draw.looks import FAINT
from archdsl.apps.draw.scene import ADVANCE, SIZE, Scene, Text, stacked
from archdsl.apps.draw.strengths import DOTTED, THICKEST, legend, sentences
from archdsl.apps.draw.subject import Subject, ruled
from archdsl.counted import counted
from archdsl.ir.graph import Stage
from archdsl.ir.shapes import show

TITLE = 12.0
GAP = 18.0
"""Points between a caption and its row."""


def stage_lines(subject: Subject, stage: Stage) -> list[str]:
    """Return the lines of text next to the row of a stage.

    Args:
        subject: the network.
        stage: one of its stages.

    Returns:
        What all its layers do; the numbers of layers and links, and what the focus reads if it is
        here.
    """
    report = subject.stage_report(stage)
    texts = [
        f"{ruled(report)}; {show(subject.shapes[stage.exit])}",
        f"{counted(report.layers, 'layer')}, {counted(report.links, 'link')}",
    ]
    if focus := subject.focused(stage):
        texts[-1] += f"; F{focus} reads {len(stage.sources(focus)):,}"
    return texts


def lanes(distances: Iterable[int]) -> str:
    """Return the sentence that explains the heights of arcs; empty if all links have one distance.

    Args:
        distances: the distances of all links that are drawn, in layers.

    >>> lanes([1, 2, 4]), lanes([1, 3, 9])
    ('Each lane up doubles the distance.', 'Each lane up multiplies the distance by 3.')
    >>> lanes([1, 2, 3]), lanes([1, 1])
    ('The higher a link, the longer its distance.', '')
    """
    ordered = sorted(set(distances))
    ratios = {after / before for before, after in pairwise(ordered)}
    if not ratios:
        return ""
    ratio = ratios.pop()
    if ratios or ratio != int(ratio):
        return "The higher a link, the longer its distance."
    return f"Each lane up {'doubles' if ratio == 2 else 'multiplies'} the distance" + (
        "." if ratio == 2 else f" by {int(ratio):,}."
    )


def beside(row: Scene, name: str, lines: Iterable[str], y: float = 0.0) -> Scene:
    """Return a row with its caption at the left.

    Args:
        row: the scene of the row.
        name: the first line of the caption, in bold.
        lines: the other lines.
        y: the height of the caption's centre, in points.
    """
    x = row.bounds.left - GAP
    lines = list(lines)
    first = y + (len(lines) * SIZE * 1.25) / 2
    texts = [Text(x, first, name, side="right", bold=True)]
    texts += [
        Text(x, first - (index + 1) * SIZE * 1.25, text, side="right", colour=FAINT)
        for index, text in enumerate(lines)
    ]
    return replace(row, texts=(*row.texts, *texts))


def subject_page(
    subject: Subject, rows: Iterable[Scene], caption: str, thickest: float = THICKEST
) -> Scene:
    """Return a page of rows, with the legend and the sentence on strengths if links show them.

    Args:
        subject: the network.
        rows: scenes, from top to bottom.
        caption: text below the rows.
        thickest: the width of a link of strength 1, in points.
    """
    if subject.strengths is None:
        return page(subject.title, rows, subject.said(caption))
    text = subject.said(caption)
    return weighed_page(subject.title, list(rows), text, subject.shown_strengths(), thickest)


def weighed_page(
    title: str,
    rows: Sequence[Scene],
    caption: str,
    strengths: Collection[float],
    thickest: float = THICKEST,
) -> Scene:
    """Return a page of rows whose links show strengths, with a legend.

    Args:
        title: the line above the rows.
        rows: scenes, from top to bottom.
        caption: text below the rows, before the sentence on strengths.
        strengths: the strengths of the links, at least one.
        thickest: the width of a link of strength 1, in points.
    """
    dotted = any(curve.look.dashes == DOTTED for row in rows for curve in row.curves)
    text = sentences(strengths, dotted=dotted)
    return page(title, [*rows, legend(thickest)], f"{caption} {text}".lstrip())


def page(title: str, rows: Iterable[Scene], caption: str, gap: float = 22.0) -> Scene:
    """Return a page of rows.

    Args:
        title: the line above the rows; empty for none.
        rows: scenes, from top to bottom.
        caption: text below the rows, wrapped to their width; empty for none.
        gap: space between two rows, in points.
    """
    body = stacked(title, rows, gap)
    bounds = body.bounds
    room = max(bounds.right - bounds.left, 320.0)
    lines = wrap(caption, max(40, int(room / (ADVANCE * SIZE))), break_long_words=True)
    heading = wrap(title, max(20, int(room / (ADVANCE * TITLE))), break_long_words=True)
    above = Text(
        bounds.left, bounds.top + 12 + TITLE * 0.625 * len(heading), "\n".join(heading), TITLE,
        "left", bold=True,
    )  # fmt: skip
    below = Text(
        bounds.left, bounds.bottom - 10 - SIZE * 0.625 * len(lines), "\n".join(lines), SIZE,
        "left", FAINT,
    )  # fmt: skip
    texts = (*([above] if title else ()), *body.texts, *([below] if lines else ()))
    return replace(body, texts=texts)
