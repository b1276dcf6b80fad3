"""`archdsl diff` follows the layers when it compares links: an inserted layer moves none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.diff.test_edits import UNITS, network
from archdsl.apps.diff.alignment import LONGEST, align
from archdsl.apps.diff.links import link_diff
from archdsl.apps.diff.model import difference
from archdsl.apps.diff.picture import scene
from archdsl.apps.diff.text import text

NEW = "[silu, {conv: 4}]"
SHORT, LONG = network(*UNITS), network(UNITS[0], NEW, *UNITS[1:])


def links(one: Any, other: Any) -> dict[str, Any]:
    (part,) = (p for p in difference(("a", "b"), one, other).as_dict()["parts"] if "links" in p)
    found: dict[str, Any] = part["links"]
    return found


def reader(before: int | None, after: int | None, added: list[int], removed: list[int]) -> Any:
    layer = after or before
    numbers = {"layer": layer, "before": before, "after": after}
    return {**numbers, "added": added, "removed": removed}


def test_an_inserted_layer_adds_its_own_links_and_no_others() -> None:
    found = links(SHORT, LONG)
    assert (found["before"], found["after"], found["added"], found["removed"]) == (6, 10, 4, 0)
    assert found["layers"] == [
        reader(None, 2, [0, 1], []), reader(2, 3, [2], []), reader(3, 4, [2], []),
    ]  # fmt: skip
    assert found["exit"] == {"added": [2], "removed": []}


def test_a_removed_layer_takes_its_own_links_and_no_others() -> None:
    found = links(LONG, SHORT)
    assert (found["added"], found["removed"]) == (0, 4)
    assert found["layers"] == [
        reader(2, None, [], [0, 1]), reader(3, 2, [], [2]), reader(4, 3, [], [2]),
    ]  # fmt: skip
    assert found["exit"] == {"added": [], "removed": [2]}


def test_the_text_names_the_numbers_before_that_are_others() -> None:
    added = text(difference(("a", "b"), SHORT, LONG))
    assert "4 added, 0 removed\n    F2      +F0 +F1\n    F3 (was F2) +F2\n" in added
    removed = text(difference(("a", "b"), LONG, SHORT))
    assert "0 added, 4 removed\n    F2 (removed) -F0 -F1\n    F2 (was F3) -F2\n" in removed


def test_the_picture_keeps_the_links_around_an_inserted_layer() -> None:
    def labels(one: Any, other: Any) -> list[str]:
        boxes = scene(difference(("a", "b"), one, other)).boxes
        return [box.label for box in boxes if box.label]

    assert labels(SHORT, LONG) == ["F0", "F1", "F2", "F3", "F4"]
    assert labels(LONG, SHORT) == ["F0", "F1", "F2", "F2", "F3"]
    tips = {curve.tooltip for curve in scene(difference(("a", "b"), SHORT, LONG)).curves}
    assert "F1 to F4" in tips


@given(st.lists(st.sampled_from("abc"), max_size=9), st.lists(st.sampled_from("abc"), max_size=9))
def test_every_layer_of_both_stages_is_in_one_row(one: list[str], other: list[str]) -> None:
    rows = align(one, other).rows
    for side, words in ((0, one), (1, other)):
        numbers = [row[side] for row in rows if row[side] is not None]
        assert numbers == [*range(len(words) + 1)]
    assert all(row != (None, None) for row in rows)


@pytest.mark.parametrize("words", [["a"] * 5, [str(n) for n in range(5)]])
def test_layers_that_are_added_at_the_end_have_no_counterpart(words: list[str]) -> None:
    more = align(words, [*words, "a", "b"]).rows
    assert more == (*((n, n) for n in range(6)), (None, 6), (None, 7))


def test_replaced_layers_are_counterparts_in_order() -> None:
    assert align(["a", "b"], ["x", "y", "z"]).rows == ((0, 0), (1, 1), (2, 2), (None, 3))


def test_long_stages_are_aligned_by_number() -> None:
    words = [str(number) for number in range(LONGEST + 1)]
    assert align(words[1:], words).rows[-2:] == ((LONGEST, LONGEST), (None, LONGEST + 1))


@given(st.integers(0, 3), st.sampled_from(["full", "plain", "{rule: exponential, base: 2}"]))
def test_links_differ_where_their_ends_do(place: int, rule: str) -> None:
    """The reads of both stages by the names of their units, which all differ."""
    names = ["F0", *UNITS]
    longer = [*names[: place + 1], NEW, *names[place + 1 :]]
    stages = [network(*units[1:], connect=rule).graph.stages[0] for units in (names, longer)]
    named = [
        {
            (units[source], units[layer])
            for layer in range(1, len(units))
            for source in stage.sources(layer)
        }
        for units, stage in zip((names, longer), stages, strict=True)
    ]
    found = link_diff(stages[0], stages[1], align(names[1:], longer[1:]))
    added = {(longer[s], longer[x.after]) for x in found.layers or () if x.after for s in x.added}
    gone = {(names[s], names[x.before]) for x in found.layers or () if x.before for s in x.removed}
    assert (added, gone) == (named[1] - named[0], named[0] - named[1])
