"""`arc`: the layers of a stage on a line, with links as arcs in lanes by distance.

All links of the layer in focus are drawn. Of the others only a sample is drawn: those into evenly
spaced layers, one in each lane. The caption states how many. So the time depends on the links that
are drawn, not on all links.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from archdsl.apps.draw.captions import beside, lanes, stage_lines, subject_page
from archdsl.apps.draw.looks import BACK, FAR_BACK, FOCUS_BOX, INTO, OUT_OF, TICK, Look
from archdsl.apps.draw.row import Link, Row
from archdsl.apps.draw.scene import Box, Curve, Scene, Text, text_width
from archdsl.apps.draw.strengths import CROWDED, THICKEST
from archdsl.apps.draw.subject import Subject, fed, readers
from archdsl.counted import counted
from archdsl.ir.graph import Stage

SPAN = 1_100.0
"""Width of the deepest stage in points, unless its layers would be too close or too far apart."""

NEAREST, FARTHEST = 1.2, 14.0
LAYERS = 20_000
"""Maximum number of layers that are drawn as ticks."""

EVERY = 400
"""Up to this many links, all links of a stage are drawn."""

UNCROWDED = 16
"""Up to this many layers of the deepest stage, links of strength 1 are as thick as in `paper`."""

SAMPLED = 60
"""Number of layers whose links are drawn in a sample."""

TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The links of a stage that are drawn: in the background, into the focus, and out of it."""

    behind: tuple[Link, ...]
    into: tuple[Link, ...]
    out: tuple[Link, ...]

    @property
    def count(self) -> int:
        """Return the number of links that are drawn."""
        return len(self.all)

    @property
    def all(self) -> tuple[Link, ...]:
        """Return all links that are drawn, from back to front."""
        return (*self.behind, *self.out, *self.into)


def fits(subject: Subject) -> bool:
    """Return whether each layer can have a tick."""
    return sum(stage.depth for stage in subject.shown) <= LAYERS


def scene(subject: Subject) -> Scene:
    """Return a row for each stage, all at the same scale."""
    deepest = max(1, *(stage.depth for stage in subject.shown))
    step = min(FARTHEST, max(NEAREST, SPAN / deepest))
    drawn = [chosen(stage, subject.focused(stage)) for stage in subject.shown]
    thickest = THICKEST if deepest <= UNCROWDED else CROWDED
    rows = [
        beside(
            _row(subject, stage, step, links, thickest),
            f"stage {stage.index}",
            stage_lines(subject, stage),
        )
        for stage, links in zip(subject.shown, drawn, strict=True)
    ]
    return subject_page(subject, rows, _caption(subject, drawn), thickest)


def chosen(stage: Stage, focus: int | None) -> Drawn:
    """Return the links of a stage that are drawn.

    Args:
        stage: the stage.
        focus: the number of the layer in focus; None if it is in another stage.

    Returns:
        All links of the focus. Of the others all if the stage has at most `EVERY` links, else those
        of about `SAMPLED` layers.
    """
    into = tuple((source, focus) for source in stage.sources(focus)) if focus else ()
    out = tuple((focus, reader) for reader in readers(stage, focus)) if focus else ()
    focused = {*into, *out}
    behind = (link for link in _behind(stage) if link not in focused)
    return Drawn(tuple(dict.fromkeys(behind)), into, out)


def _behind(stage: Stage) -> Iterator[Link]:
    every = max(1, stage.depth // SAMPLED)
    whole = stage.rule.links(stage.depth) <= EVERY
    for layer in range(1 if whole else every, stage.depth + 1, 1 if whole else every):
        lanes = set()
        for source in stage.sources(layer):
            lane = (layer - source).bit_length()
            if whole or lane not in lanes:
                lanes.add(lane)
                yield source, layer


def _row(subject: Subject, stage: Stage, step: float, drawn: Drawn, thickest: float) -> Scene:
    row = Row(
        f"{stage.index}.", step=step, width=step * 0.7, height=7.0, lowest=7.0,
        lane=14.0 if stage.depth > 100 else 16.0,
    )  # fmt: skip
    focus = subject.focused(stage)
    behind = FAR_BACK if len(drawn.behind) > EVERY / 2 else BACK
    thin = min(1.0, 24 / max(1, len(drawn.into)))
    out, into = (replace(look, width=look.width * thin) for look in (OUT_OF, INTO))

    def curves(links: Iterable[Link], look: Look, *, front: bool = True) -> Iterator[Curve]:
        for link in links:
            yield _link(row, link, subject.weighed(stage, *link, look, thickest), front=front)

    links = (
        *curves(drawn.behind, behind, front=False), *curves(drawn.out, out),
        *curves(drawn.into, into),
    )  # fmt: skip
    boxes = tuple(_tick(subject, stage, row, layer, focus) for layer in range(stage.depth + 1))
    texts = tuple(_numbers(row, stage, focus))
    return Scene(f"stage {stage.index}", boxes, links, texts)


def _link(row: Row, link: Link, look: Look, *, front: bool) -> Curve:
    curve = row.curve(link, (look, front), neighbours="arc")
    return replace(curve, arrow=False, tooltip=curve.tooltip if front else "")


def _tick(subject: Subject, stage: Stage, row: Row, layer: int, focus: int | None) -> Box:
    wide, high, look = row.width, row.height, TICK
    if layer == focus:
        wide, high, look = (
            min(6.0, max(row.width, 3.0)),
            16.0,
            replace(FOCUS_BOX, fill=INTO.stroke, width=0),
        )
    elif layer == 0:
        look = replace(TICK, fill="#444444")
    return Box(
        row.name(layer), row.x(layer), 0, wide, high, "", look, "box",
        tooltip=subject.tooltip(stage, layer),
    )  # fmt: skip


def _numbers(row: Row, stage: Stage, focus: int | None) -> Iterator[Text]:
    """Yield numbers below the layers, as many as there is room for; the focus always has one."""
    y, wide = -16.0, text_width(f"{stage.depth}") * 2.2
    every = next((tick for tick in TICKS if tick * row.step >= wide), stage.depth + 1)
    labels = {layer: str(layer) for layer in range(0, stage.depth + 1, every)}
    if focus is not None:
        red = Text(row.x(focus), y, f"F{focus}", colour=INTO.stroke, bold=True)
        yield red
        room = red.width / 2 + text_width(f"{stage.depth}") / 2 + 4
        labels = {k: v for k, v in labels.items() if abs(row.x(k) - row.x(focus)) > room}
    yield from (Text(row.x(layer), y, text, colour="#6b6b6b") for layer, text in labels.items())


def _caption(subject: Subject, drawn: Sequence[Drawn]) -> str:
    focus, stage = subject.focus, subject.stage
    name = f"F{focus.layer}{subject.where}"
    distances = lanes(reader - source for links in drawn for source, reader in links.all)
    sentences = (
        f"{_total(subject, drawn, name)}.",
        f"{name} reads {len(stage.sources(focus.layer)):,} (red) and feeds "
        f"{fed(stage, focus.layer, layers=' (blue)')}.",
        distances,
        subject.missing(),
    )
    return " ".join(filter(None, sentences))


def _total(subject: Subject, drawn: Sequence[Drawn], name: str) -> str:
    """Return how many links there are, how many are drawn, and which."""
    report = subject.counts
    total = f"{counted(report.layers, 'layer')}, {counted(report.links, 'link')}"
    count = sum(links.count for links in drawn)
    if count == report.links:
        return total
    shown = sum(subject.stage_report(stage).links for stage in subject.shown)
    how = f": every link of {name}, a sample of the rest" if count < shown else ""
    return f"{total} ({count:,} drawn{how})"
