"""Nothing collides: labels, boxes and captions of every view of every shipped network."""

from __future__ import annotations

from itertools import combinations

import pytest

from apps.draw.networks import SMALL, one, shipped
from archdsl.apps.draw.choices import VIEWS
from archdsl.apps.draw.picture import scene
from archdsl.apps.draw.scene import Box, Rectangle, Scene, Text
from archdsl.apps.draw.subject import Subject

PAIRS = [(name, view) for name in SMALL for view in VIEWS]


def drawn(name: str, view: str) -> Scene:
    return scene(shipped(name, SMALL[name][1]), view)


def shrunk(area: Rectangle, by: float = 0.01) -> Rectangle:
    """Arithmetic rounds."""
    return Rectangle(area.left + by, area.bottom + by, area.right - by, area.top - by)


def nested(one: Box, other: Box) -> bool:
    """Whether one box lies in the other: a bar in a card, a cell in a frame."""
    return one.area.holds(shrunk(other.area)) or other.area.holds(shrunk(one.area))


def assert_clear(made: Scene, view: str) -> None:
    texts = [shrunk(text.area) for text in made.texts]
    for first, second in combinations(range(len(texts)), 2):
        message = f"{made.texts[first].text!r} and {made.texts[second].text!r}"
        assert not texts[first].overlaps(texts[second]), message
    boxes = made.boxes
    for box in boxes:
        for text, area in zip(made.texts, texts, strict=True):
            inside = view in {"overview", "matrix"} and box.area.holds(area)
            assert inside or not shrunk(box.area).overlaps(area), f"{box.name} and {text.text!r}"
    if view != "matrix":  # a row in focus lies over its cells, a tick in focus over its neighbours
        ordered = sorted(
            (box for box in boxes if box.label or view != "arc"), key=lambda box: box.area.left
        )
        for place, box in enumerate(ordered):
            for other in ordered[place + 1 :]:
                if other.area.left >= box.area.right:
                    break
                clear = not shrunk(box.area).overlaps(other.area)
                assert clear or nested(box, other), f"{box.name} and {other.name}"


@pytest.mark.parametrize(("name", "view"), PAIRS)
def test_nothing_collides(name: str, view: str) -> None:
    settings = SMALL[name][1]
    subject = shipped(name, settings)
    if VIEWS[view].fits(subject):
        assert_clear(scene(subject, view), view)


@pytest.mark.parametrize(("name", "view"), PAIRS)
def test_labels_fit_their_boxes(name: str, view: str) -> None:
    for box in drawn(name, view).boxes:
        if box.label and box.shape != "circle":
            text = Text(box.x, box.y, box.label, box.size)
            assert text.width <= box.width + 0.01, box
            assert text.height <= box.height + 2, box


@pytest.mark.parametrize(("name", "view"), PAIRS)
def test_names_are_unique_and_links_end_at_boxes(name: str, view: str) -> None:
    made = drawn(name, view)
    names = [box.name for box in made.boxes]
    assert len(set(names)) == len(names)
    for curve in made.curves:
        assert {curve.source, curve.target} <= set(names)
        assert len(curve.points) % 3 == 1


@pytest.mark.parametrize(("name", "view"), PAIRS)
def test_everything_lies_within_its_bounds(name: str, view: str) -> None:
    made = drawn(name, view)
    bounds = made.bounds
    for area in (*(box.area for box in made.boxes), *(text.area for text in made.texts)):
        assert bounds.holds(area)
    for curve in made.curves:
        for x, y in curve.points:
            assert bounds.left <= x <= bounds.right
            assert bounds.bottom <= y <= bounds.top


@pytest.mark.parametrize("focus", [1, 2, 63, 64, 128, 299, 300])
@pytest.mark.parametrize("view", ["arc", "focus", "matrix"])
@pytest.mark.parametrize("rule", ["full", "plain", "{rule: exponential, base: 2}"])
def test_any_layer_may_be_in_focus(rule: str, view: str, focus: int) -> None:
    assert_clear(scene(one(rule, 300, focus=focus), view), view)


@pytest.mark.parametrize("layers", [1, 2, 3, 5, 17, 100, 999, 1_000, 2_000])
@pytest.mark.parametrize("view", VIEWS)
def test_any_depth_is_drawn(view: str, layers: int) -> None:
    made = one("{rule: exponential, base: 2}", layers)
    if VIEWS[view].fits(made):
        assert_clear(scene(made, view), view)


def test_titles_that_are_long_are_wrapped() -> None:
    made = one("full", 3)
    long = Subject(made.graph, made.report, made.focus, "word " * 60)
    for view in VIEWS:
        assert_clear(scene(long, view), view)


@pytest.mark.parametrize("name", ["convnext-imagenet", "rdnet-imagenet", "hardnet-68ds-imagenet"])
def test_arrows_of_the_overview_pass_no_box(name: str) -> None:
    """An arrow to the next line turns above all boxes of that line, however high they are."""
    made = scene(shipped(name, {}), "overview")
    turns = [curve.points[3:7] for curve in made.curves if len(curve.points) > 4]
    assert turns
    for (right, y), *_, (left, level) in turns:
        assert y == level
        for box in made.boxes:
            area = box.area
            beside = area.right < left or area.left > right
            assert beside or not area.bottom <= y <= area.top, box.name


def test_lines_of_the_overview_are_as_wide_as_a_page() -> None:
    """A page shows about 900 pixels; letters of 9 points in 800 then have 10 pixels."""
    bounds = scene(shipped("mobilenet-v2-imagenet", {}), "overview").bounds
    assert bounds.right - bounds.left <= 800
