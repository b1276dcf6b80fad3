"""A difference as a picture: links added, removed and kept, a row for each stage that changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from archdsl.apps.diff.alignment import Row as Numbers
from archdsl.apps.diff.model import Difference, PartDiff
from archdsl.apps.draw.captions import beside, page
from archdsl.apps.draw.curves import straight
from archdsl.apps.draw.looks import ADDED, BACK, FAINT, PLAIN_BOX, REMOVED, Look
from archdsl.apps.draw.row import Link, Row
from archdsl.apps.draw.scene import Box, Curve, Scene, Text, text_width
from archdsl.counted import counted

LAYERS = 24
"""Most layers of a row; of a deeper stage those around its first change are drawn."""

ROWS = 8
"""Most stages."""

NEW = Look(ADDED.stroke, "#ffffff", 1.2)
GONE = Look(REMOVED.stroke, "#ffffff", 1.2, dashes="dashed")


@dataclass(frozen=True, slots=True)
class Window:
    """The rows `first` to `last` of the aligned outputs of a stage that are drawn."""

    first: int
    last: int

    def holds(self, link: Link) -> bool:
        """Return whether both ends are drawn."""
        return self.first <= link[0] and link[1] <= self.last


def scene(changes: Difference) -> Scene:
    """Return the picture of a difference.

    Added links are solid blue above the line, removed ones dashed orange below it, others grey.
    """
    changed = [part for part in changes.parts if any(part.stages) and part.status != "same"]
    rows = [_row(part) for part in changed[:ROWS]]
    title = f"{changes.labels[0]} to {changes.labels[1]}"
    same = sum(any(part.stages) and part.status == "same" for part in changes.parts)
    sentences = [f"{counted(same, 'stage')} did not change."] if same else []
    sentences += [f"{counted(len(changed) - ROWS, 'more stage')} changed."] * (len(changed) > ROWS)
    sentences += _cut(changed[:ROWS])
    return page(title, [*rows, *_legend(rows)], " ".join(sentences), 26.0)


def _cut(parts: Sequence[PartDiff]) -> list[str]:
    """Return sentences on which layers of deep stages are drawn."""
    deep = [part for part in parts if _deepest(part) > LAYERS]
    around = any(_first(part) for part in deep)
    first = any(not _first(part) for part in deep)
    return ["Of deep stages, the layers around the first change of links are drawn."] * around + [
        f"Of deep stages without such a change, the first {LAYERS} layers are drawn."
    ] * first


def _first(part: PartDiff) -> int | None:
    """Return the row of the first layer whose links differ."""
    if not part.links or not part.links.layers:
        return None
    first = part.links.layers[0]
    return _rows(part).index((first.before, first.after))


def _rows(part: PartDiff) -> Sequence[Numbers]:
    return part.links.alignment.rows if part.links else ()


def _deepest(part: PartDiff) -> int:
    """Return the row of the last layer."""
    return len(_rows(part)) - 1


def _window(part: PartDiff) -> Window:
    depth = _deepest(part)
    if depth <= LAYERS:
        return Window(0, depth)
    first = max(0, min((_first(part) or 1) - LAYERS // 2, depth - LAYERS))
    return Window(first, first + LAYERS)


def _row(part: PartDiff) -> Scene:
    window, name, rows = _window(part), part.name, _rows(part)
    one, other = (_links(part, side, window) for side in (0, 1))
    row = Row(f"{name}.", step=40.0, width=28.0, label=lambda position: _label(rows[position]))
    boxes = tuple(_boxes(rows, row, window))
    kept = [row.curve(link, (BACK, False)) for link in sorted(one & other)]
    added = [row.curve(link, (ADDED, True)) for link in sorted(other - one)]
    gone = [row.curve(link, (REMOVED, True), below=True) for link in sorted(one - other)]
    body = Scene(name, boxes, (*kept, *gone, *added)).moved(-window.first * row.step, 0)
    return beside(body, name.replace("stages.", "stage "), _lines(part))


def _lines(part: PartDiff) -> list[str]:
    changes = {change.name: change for change in part.changes}
    lines = []
    for name in ("rule", "aggregation", "layers"):
        change = changes[name]
        if change.differs:
            before, after = (v if v is not None else "none" for v in (change.before, change.after))
            lines.append(f"{name}: {before} to {after}"[:48])
    links = part.links
    if links and links.added is not None:
        lines.append(f"{counted(links.added, 'link')} added, {links.removed:,} removed")
    return lines


def _label(numbers: Numbers) -> str:
    """Return `F` and the number after the change; that before it for a removed layer."""
    before, after = numbers
    return f"F{before if after is None else after}"


def _links(part: PartDiff, side: int, window: Window) -> set[Link]:
    """Return the links of a stage that are drawn, between rows."""
    stage, rows = part.stages[side], _rows(part)
    if stage is None or part.links is None:
        return set()
    positions = part.links.alignment.positions(side)
    readers = ((row, rows[row][side]) for row in range(window.first + 1, window.last + 1))
    links = {
        (positions[source], row)
        for row, layer in readers
        if layer is not None
        for source in stage.sources(layer)
    }
    return set(filter(window.holds, links))


def _boxes(rows: Sequence[Numbers], row: Row, window: Window) -> Iterator[Box]:
    for position in range(window.first, window.last + 1):
        before, after = rows[position]
        look = NEW if before is None else GONE if after is None else PLAIN_BOX
        yield from row.boxes([position], lambda _, look=look: look)  # type: ignore[misc]


def _legend(rows: Iterable[Scene]) -> Iterator[Scene]:
    """Yield a scene that explains the kinds of lines that are drawn."""
    drawn = {curve.look for row in rows for curve in row.curves}
    boxes, curves, texts, x = [], [], [], 0.0
    for name, look in (("added", ADDED), ("removed", REMOVED), ("kept", BACK)):
        if look not in drawn:
            continue
        boxes.append(Box(f"legend {name}", x, 0, 0.1, 0.1, "", Look("none", "none", 0), "box"))
        line = straight((x, 0), (x + 26, 0))
        curves.append(Curve(f"legend {name}", f"legend {name}", line, look))
        texts.append(Text(x + 31, 0, name, side="left", colour=FAINT))
        x += 31 + text_width(name) + 18
    if boxes:
        yield Scene("legend", tuple(boxes), tuple(curves), tuple(texts))
