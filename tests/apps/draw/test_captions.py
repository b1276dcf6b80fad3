"""A caption says only what is true of its picture: every claim is looked for in what is drawn."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from apps.draw.networks import one
from archdsl.api import check_text
from archdsl.apps.diff.model import difference
from archdsl.apps.diff.picture import scene as differing
from archdsl.apps.draw.captions import lanes
from archdsl.apps.draw.choices import VIEWS
from archdsl.apps.draw.looks import BLUE, FAINT, RED
from archdsl.apps.draw.picture import scene
from archdsl.apps.draw.scene import Scene
from archdsl.apps.draw.showing import subject
from archdsl.apps.draw.subject import Subject
from archdsl.errors import ArchdslError

RULES = {
    "full": "full",
    "plain": "plain",
    "base 2": "{rule: exponential, base: 2}",
    "base 3": "{rule: exponential, base: 3}",
    "window": "{rule: window, last: 2}",
    "offsets": "{rule: offsets, offsets: [1, 3]}",
    "harmonic": "harmonic",
    "entry": "entry",
    "strided": "{rule: strided, step: 2}",
    "every": "{rule: every, step: 2}",
    "fractal": "{rule: fractal, columns: 3}",
    "explicit": "{rule: explicit, reads: [[0], [0], [2, 0], [3]]}",
}
GIVEN = {"fractal": 7, "explicit": 3}
"""Layers that a rule's own numbers say."""

CASES = [
    (rule, aggregate, depth)
    for rule in RULES
    for aggregate in ("concat", "sum", "mean", "running")
    for depth in ([GIVEN[rule]] if rule in GIVEN else [1, 2, 3, 12, 200])
    if aggregate != "running" or rule == "full"
]


def caption(made: Scene) -> str:
    """The sentences below a picture."""
    return made.texts[-1].text.replace("\n", " ")


def strokes(made: Scene) -> set[str]:
    """The colours of what is painted; a fill counts for what has no stroke."""
    looks = [box.look for box in made.boxes] + [curve.look for curve in made.curves]
    return {look.stroke for look in looks} | {look.fill for look in looks}


def distances(made: Scene) -> list[int]:
    """How far back the links go that are drawn between layers."""
    ends = [(c.source.split("."), c.target.split(".")) for c in made.curves]
    return sorted({int(target[1]) - int(source[1]) for source, target in ends})


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("rule", "aggregate", "depth"), CASES)
def test_colours_and_lanes_are_named_if_they_are_there(
    rule: str, aggregate: str, depth: int, view: str
) -> None:
    made = one(RULES[rule], depth, aggregate)
    if not VIEWS[view].fits(made):
        return
    drawn = scene(made, view)
    said = caption(drawn)
    assert ("blue" in said) == (view in {"arc", "focus"} and BLUE in strokes(drawn))
    assert ("red" in said.lower()) == (RED in strokes(drawn))
    numbers = [b for b in drawn.boxes if re.fullmatch(r"[\d,]+", b.label) and b.look.text == FAINT]
    assert ("Grey numbers" in said) == bool(numbers)
    steps = distances(drawn) if view == "arc" else []
    doubles = len(steps) > 1 and all(b == 2 * a for a, b in pairwise(steps))
    assert ("doubles" in said) == doubles
    assert ("Each lane up multiplies the distance by 3" in said) == (
        len(steps) > 1 and all(b == 3 * a for a, b in pairwise(steps))
    )


def test_lanes_of_rules_whose_distances_do_not_double() -> None:
    assert "doubles" in caption(scene(one(RULES["base 2"], 64), "arc"))
    assert "by 3." in caption(scene(one(RULES["base 3"], 64), "arc"))
    for rule in ("full", "fractal"):
        assert "The higher a link" in caption(scene(one(RULES[rule], 7), "arc"))
    for rule, depth in (("plain", 12), ("full", 1)):
        assert "lane" not in caption(scene(one(RULES[rule], depth), "arc"))
    assert lanes([2, 3]) == "The higher a link, the longer its distance."


def test_what_a_layer_feeds() -> None:
    """F1 is read by nothing: F3 reads 2 and 0. The exit is drawn in `focus` alone."""
    made = one(RULES["explicit"], 3, focus=1)
    assert "and feeds nothing." in caption(scene(made, "arc"))
    assert "and feeds nothing." in caption(scene(made, "focus"))
    last = one("full", 5, focus=5)
    assert "reads 5 (red) and feeds the exit." in caption(scene(last, "arc"))
    assert "and feeds the exit (blue)." in caption(scene(last, "focus"))
    some = one("full", 5, focus=3)
    assert "feeds 2 layers (blue) and the exit." in caption(scene(some, "arc"))
    assert "feeds 2 layers and the exit (blue)." in caption(scene(some, "focus"))


STAGES = """archdsl: 1
name: many
input: [3, 8, 8]
stem: [{conv: {width: 4, kernel: 3}}]
stages:
  count: COUNT
  layers: 2
  unit: {kind: basic, order: pre, width: 4}
  connect: plain
  aggregate: concat
"""


def many(count: int) -> Subject:
    return subject(check_text(STAGES.replace("COUNT", str(count))), None)


@pytest.mark.parametrize("view", ["arc", "paper", "matrix"])
def test_stages_without_a_row_are_counted(view: str) -> None:
    assert "shown" not in caption(scene(many(8), view))
    assert "1 more stage is not shown." in caption(scene(many(9), view))
    assert "2 more stages are not shown." in caption(scene(many(10), view))


def test_links_of_stages_without_a_row_are_not_called_a_sample() -> None:
    """Every stage that is shown is drawn whole: 8 of 9 stages, of 2 links each."""
    assert caption(scene(many(9), "arc")).startswith("18 layers, 18 links (16 drawn).")
    deep = one("full", 300)
    assert "a sample of the rest)" in caption(scene(deep, "arc"))


@pytest.mark.parametrize("aggregate", ["concat", "sum", "running"])
@pytest.mark.parametrize("depth", [1, 2, 5])
@pytest.mark.parametrize("leaves", ["all", "last"])
def test_compact_says_that_aggregates_continue_if_there_are_two(
    aggregate: str, depth: int, leaves: str
) -> None:
    made = leaving(aggregate, depth, leaves)
    drawn = scene(made, "paper", "compact")
    joins = [box for box in drawn.boxes if box.name.endswith(".join")]
    assert len(joins) == depth - (leaves == "last")
    assert ("enters the next" in caption(drawn)) == (len(joins) > 1)
    (out,) = [curve for curve in drawn.curves if curve.source == curve.target]
    assert out.source == f"0.{depth}" + (".join" if leaves == "all" else "")


def test_a_mean_has_no_compact_view() -> None:
    """The mean of a mean and one more output is not the mean of all outputs."""
    with pytest.raises(ArchdslError, match="A414"):
        scene(one("full", 4, "mean"), "paper", "compact")


def leaving(aggregate: str, depth: int, leaves: str) -> Subject:
    text = STAGES.replace("COUNT", "1").replace("layers: 2", f"layers: {depth}")
    text = text.replace("plain", "full").replace("concat", f"{aggregate}\n  exit: {leaves}")
    return subject(check_text(text), None)


def test_overview_speaks_of_connected_layers_alone() -> None:
    """F1 and F3 of a fractal block are not connected; F5 reads F4, that reads F2, that reads F1."""
    said = caption(scene(one(RULES["fractal"], 7), "overview"))
    assert "Connected layers of a stage are at most 3 links apart." in said
    assert "apart" not in caption(scene(one("full", 1), "overview"))


def network(rule: str, depth: int, width: int = 12) -> object:
    text = STAGES.replace("COUNT", "1").replace("layers: 2", f"layers: {depth}")
    return check_text(text.replace("plain", rule).replace("width: 4}\n", f"width: {width}}}\n"))


@pytest.mark.parametrize(
    ("before", "after", "legend", "said"),
    [
        (("plain", 5), ("full", 5), ["added", "kept"], ""),
        (("full", 5), ("plain", 5), ["removed", "kept"], ""),
        (("full", 40), ("plain", 40), ["removed", "kept"], "around the first change of links"),
        (("full", 40, 4), ("full", 40, 8), ["kept"], "without such a change, the first 24 layers"),
    ],
)
def test_the_legend_of_a_difference_has_what_is_drawn(
    before: tuple[str, int], after: tuple[str, int], legend: list[str], said: str
) -> None:
    drawn = differing(difference(("a", "b"), network(*before), network(*after)))  # type: ignore[arg-type]
    words = [text.text for text in drawn.texts]
    assert [word for word in words if word in {"added", "removed", "kept"}] == legend
    below = caption(drawn)
    assert said in below
    assert ("drawn" in below) == bool(said)
