"""A difference as a picture: links added, removed and kept, a row for each stage that changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archdsl.differing.model import Difference, PartDiff
from archdsl.draw.captions import beside, page
from archdsl.draw.curves import straight
from archdsl.draw.looks import ADDED, BACK, FAINT, PLAIN_BOX, REMOVED, Look
from archdsl.draw.row import Link, Row
from archdsl.draw.scene import Box, Curve, Scene, Text, text_width
from archdsl.draw.subject import counted
from archdsl.ir.graph import Stage

LAYERS = 24
"""Most layers of a row; of a deeper stage those around its first change are drawn."""

ROWS = 8
"""Most stages."""

NEW = Look(ADDED.stroke, "#ffffff", 1.2)
GONE = Look(REMOVED.stroke, "#ffffff", 1.2, dashes="dashed")


@dataclass(frozen=True, slots=True)
class Window:
    """The outputs `first` to `last` of a stage that are drawn."""

    first: int
    last: int

    def holds(self, link: Link) -> bool:
        """Whether both ends are drawn."""
        return self.first <= link[0] and link[1] <= self.last


def scene(found: Difference) -> Scene:
    """Kept links grey, added ones solid blue above, removed ones dashed orange below the line."""
    changed = [part for part in found.parts if any(part.stages) and part.status != "same"]
    rows = [_row(part) for part in changed[:ROWS]]
    title = f"{found.labels[0]} to {found.labels[1]}"
    same = sum(any(part.stages) and part.status == "same" for part in found.parts)
    said = [f"{counted(same, 'stage')} did not change."] if same else []
    said += [f"{len(changed) - ROWS} more stages changed."] if len(changed) > ROWS else []
    said += ["Of deep stages, the layers around the first change are drawn."] if any(
        _deepest(part) > LAYERS for part in changed
    ) else []  # fmt: skip
    return page(title, [*rows, _legend()], " ".join(said), 26.0)


def _deepest(part: PartDiff) -> int:
    return max(stage.depth for stage in part.stages if stage)


def _window(part: PartDiff) -> Window:
    depth = _deepest(part)
    if depth <= LAYERS:
        return Window(0, depth)
    layers = part.links.layers if part.links else None
    start = layers[0].layer if layers else 1
    first = max(0, min(start - LAYERS // 2, depth - LAYERS))
    return Window(first, first + LAYERS)


def _row(part: PartDiff) -> Scene:
    window, name = _window(part), part.name
    one, other = (_links(stage, window) for stage in part.stages)
    row = Row(f"{name}.", step=40.0, width=28.0)
    boxes = tuple(_boxes(part, row, window))
    kept = [row.curve(link, (BACK, False)) for link in sorted(one & other)]
    added = [row.curve(link, (ADDED, True)) for link in sorted(other - one)]
    gone = [row.curve(link, (REMOVED, True), below=True) for link in sorted(one - other)]
    body = Scene(name, boxes, (*kept, *gone, *added)).moved(-window.first * row.step, 0)
    return beside(body, name.replace("stages.", "stage "), _said(part))


def _said(part: PartDiff) -> list[str]:
    changes = {change.name: change for change in part.changes}
    said = []
    for name in ("rule", "aggregation", "layers"):
        change = changes[name]
        if change.differs:
            before, after = (v if v is not None else "none" for v in (change.before, change.after))
            said.append(f"{name}: {before} to {after}"[:48])
    links = part.links
    if links and links.added is not None:
        said.append(f"{links.added:,} links added, {links.removed:,} removed")
    return said


def _links(stage: Stage | None, window: Window) -> set[Link]:
    if stage is None:
        return set()
    layers = range(window.first + 1, min(window.last, stage.depth) + 1)
    links = {(source, layer) for layer in layers for source in stage.sources(layer)}
    return set(filter(window.holds, links))


def _boxes(part: PartDiff, row: Row, window: Window) -> Iterator[Box]:
    one, other = part.stages
    for layer in range(window.first, window.last + 1):
        old, new = (stage is not None and layer <= stage.depth for stage in (one, other))
        look = PLAIN_BOX if old and new else NEW if new else GONE
        yield from row.boxes([layer], lambda _, look=look: look)  # type: ignore[misc]


def _legend() -> Scene:
    boxes, curves, texts, x = [], [], [], 0.0
    for name, look in (("added", ADDED), ("removed", REMOVED), ("kept", BACK)):
        boxes.append(Box(f"legend {name}", x, 0, 0.1, 0.1, "", Look("none", "none", 0), "box"))
        line = straight((x, 0), (x + 26, 0))
        curves.append(Curve(f"legend {name}", f"legend {name}", line, look))
        texts.append(Text(x + 31, 0, name, side="left", colour=FAINT))
        x += 31 + text_width(name) + 18
    return Scene("legend", tuple(boxes), tuple(curves), tuple(texts))
