"""`overview`: a box for each part of a network, with its facts and its share of the cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archdsl.apps.draw.captions import page
from archdsl.apps.draw.cards import BAR, PAD, PITCH, Card, cards, percent
from archdsl.apps.draw.curves import straight
from archdsl.apps.draw.looks import CHAIN, FAINT, Look
from archdsl.apps.draw.scene import SIZE, Box, Curve, Point, Scene, Text, text_width
from archdsl.apps.draw.subject import Subject
from archdsl.counted import counted

ROOM = 800.0
"""Maximum width of a line of boxes, in points: texts are readable in the width of a page."""

TRACK = Look("none", "#dcdcdc", 0)
FILL = Look("none", "#1f77b4", 0)


def fits(subject: Subject) -> bool:
    """Return True: the picture has the same size at any depth."""
    return True


def scene(subject: Subject) -> Scene:
    """Return boxes in lines, and arrows between them with the shape of the output."""
    boxes = cards(subject)
    placed = _placed(boxes)
    bodies: list[Scene] = [_body(card, point) for card, point in zip(boxes, placed, strict=True)]
    whole = Scene(subject.title)
    for body in bodies:
        whole = body.over(whole)
    arrows, labels = _arrows(boxes, placed)
    whole = Scene(subject.title, whole.boxes, arrows, (*whole.texts, *labels))
    return page(subject.title, [whole], subject.said(_caption(subject)))


def _placed(cards: Sequence[Card]) -> list[Point]:
    """Return the left edge and the vertical centre of each box, in lines no wider than `ROOM`."""
    points: list[Point] = []
    left, top = 0.0, 0.0
    tallest = max(card.height for card in cards)
    for card in cards:
        if left and left + card.width > ROOM:
            left, top = 0.0, top - tallest - 44
        points.append((left, top))
        left += card.width + text_width(card.leaves) + 18
    return points


def _body(card: Card, point: Point) -> Scene:
    left, y = point
    right, top = left + card.width, y + card.height / 2
    box = Box(
        card.name,
        left + card.width / 2,
        y,
        card.width,
        card.height,
        "",
        card.look,
        tooltip=card.title,
    )
    line = top - PITCH * 0.7 - 1
    texts = [Text(left + card.width / 2, line, card.title, SIZE + 1, bold=True)]
    boxes = [box]
    for one, other in card.pairs:
        line -= PITCH
        if one:
            texts.append(Text(left + PAD, line, one, side="left", colour=FAINT))
            texts.append(Text(right - PAD, line, other, side="right"))
        else:
            texts.append(Text(left + card.width / 2, line, other))
    for one, share in card.shares:
        line -= PITCH
        boxes += _bar(card.name, one, (right - PAD - 36, line), share)
        texts.append(Text(left + PAD, line, one, side="left", colour=FAINT))
        texts.append(Text(right - PAD, line, percent(share), side="right"))
    return Scene("", tuple(boxes), (), tuple(texts))


def _bar(name: str, one: str, end: Point, share: float) -> Iterator[Box]:
    """Yield a grey bar that ends at a point, and a share of it in blue."""
    x, y = end
    yield Box(f"{name} {one} all", x - BAR / 2, y, BAR, 6, "", TRACK, "box", tooltip=" ")
    if wide := BAR * share:
        tooltip = f"{percent(share)} of all {one}"
        yield Box(f"{name} {one}", x - BAR + wide / 2, y, wide, 6, "", FILL, "box", tooltip=tooltip)


def _arrows(
    cards: Sequence[Card], points_of: Sequence[Point]
) -> tuple[tuple[Curve, ...], tuple[Text, ...]]:
    """Return arrows from box to box, and the shapes above them."""
    curves, texts = [], []
    tallest = max(card.height for card in cards)
    for index in range(len(cards) - 1):
        one, other = cards[index], cards[index + 1]
        (x, y), (to, below) = points_of[index], points_of[index + 1]
        start, end = (x + one.width, y), (to, below)
        if y == below:
            points = straight(start, end)
            texts.append(Text((start[0] + end[0]) / 2, y + 7, one.leaves, 8.0, colour=FAINT))
        else:
            down, to_top = (x + one.width / 2, y - one.height / 2), below + other.height / 2
            between = below + tallest / 2 + 16  # above all boxes of the line
            turn, over = (down[0], between), (to + other.width / 2, between)
            points = (*straight(down, turn), *straight(turn, over)[1:],
                      *straight(over, (over[0], to_top))[1:])  # fmt: skip
            texts.append(Text(over[0] + 8, between + 7, one.leaves, 8.0, "left", FAINT))
        curves.append(Curve(one.name, other.name, points, CHAIN, True))
    return tuple(curves), tuple(texts)


def _caption(subject: Subject) -> str:
    report = subject.report
    path = report.shortest_gradient_path
    far = f" Connected layers of a stage are at most {counted(path, 'link')} apart." if path else ""
    return (
        f"{counted(report.layers, 'layer')}, {counted(report.links, 'link')}, "
        f"{counted(report.parameters, 'parameter')}, {counted(report.macs, 'MAC')}.{far}"
    )
