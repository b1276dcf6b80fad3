"""What `arc`, `focus`, `matrix` and `overview` show is what the network is."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.draw.networks import SMALL, one, read, shipped
from archdsl.api import analyse, check_text
from archdsl.apps.draw.cells import MOST, _diagonal, _row, _runs, cells, scale
from archdsl.apps.draw.folding import folded
from archdsl.apps.draw.picture import scene
from archdsl.apps.draw.showing import subject
from archdsl.apps.draw.subject import Subject
from archdsl.apps.draw.views import arc
from archdsl.language.rule import Rule
from archdsl.language.rules.exponential import Exponential
from archdsl.language.rules.full import Full
from archdsl.language.rules.plain import Plain

EXPONENTIAL = "{rule: exponential, base: 2}"
RULES: list[Rule] = [
    Full(rule="full"), Plain(rule="plain"), Exponential(rule="exponential", base=2),
    Exponential(rule="exponential", base=3),
]  # fmt: skip


def caption(made: Subject, view: str) -> str:
    """The sentences below a picture."""
    return scene(made, view).texts[-1].text.replace("\n", " ")


def test_arc_of_1001_layers_draws_every_link_of_the_focus() -> None:
    """640 - 2^k and 640 + 2^k; 8,997 links are the sum of floor(log2 l) + 1 to 1001."""
    made = one(EXPONENTIAL, 1001, focus=640)
    found = read(made, "arc")
    powers = [2**k for k in range(10)]
    assert found.into("0.640") == {f"0.{640 - power}" for power in powers}
    fed = {target for source, target in found.links if source == "0.640"}
    assert fed == {f"0.{640 + power}" for power in powers if 640 + power <= 1001}
    assert found.red == {(f"0.{640 - power}", "0.640") for power in powers}
    said = caption(made, "arc")
    assert sum(math.floor(math.log2(layer)) + 1 for layer in range(1, 1002)) == 8_997
    assert f"1,001 layers, 8,997 links ({found.count:,} drawn" in said
    assert "every link of F640, a sample of the rest" in said
    assert "F640 reads 10 (red) and feeds 9 layers (blue)" in said
    assert found.count == len(found.links) < 1_000


@pytest.mark.parametrize("layers", [30, 300, 1400])
def test_arc_of_the_full_rule_leaves_no_link_of_the_focus_out(layers: int) -> None:
    found = read(one("full", layers, focus=layers), "arc")
    assert found.into(f"0.{layers}") == {f"0.{source}" for source in range(layers)}


def test_arc_of_few_links_is_whole() -> None:
    made = one("full", 24)
    assert read(made, "arc").count == 24 * 25 // 2
    assert "drawn" not in caption(made, "arc")


@pytest.mark.parametrize("rule", ["full", "plain", EXPONENTIAL])
def test_what_stands_behind_the_focus_are_links(rule: str) -> None:
    stage = one(rule, 700).graph.stages[0]
    drawn = arc.chosen(stage, 500)
    assert drawn.behind
    for source, layer in drawn.behind:
        assert source in stage.sources(layer)
        assert 500 not in {source, layer}
    assert len(set(drawn.behind)) == len(drawn.behind)


@given(st.sampled_from(RULES), st.integers(1, 120), st.data())
def test_folding_leaves_nothing_out(rule: Rule, depth: int, data: st.DataObject) -> None:
    focus = data.draw(st.integers(1, depth))
    words = {"full": "full", "plain": "plain"}.get(rule.rule)
    stage = one(words or f"{{rule: exponential, base: {rule.arguments()[0]}}}", depth).graph.stages[
        0
    ]
    runs = folded(stage, focus)
    layers = [layer for run in runs for layer in range(run.first, run.last + 1)]
    assert layers == list(range(depth + 1))
    assert sum(run.read for run in runs) == len(rule.reads(focus))
    assert sum(run.fed for run in runs) == sum(
        focus in rule.reads(layer) for layer in range(focus + 1, depth + 1)
    )
    named = {run.first for run in runs if run.named}
    assert {0, focus, depth} <= named
    assert set(sorted(rule.reads(focus))[-12:]) <= named
    assert len(runs) <= 2 * (2 * 24 + 3)


def test_focus_of_1001_layers() -> None:
    """F640 as in the caption: it reads 10, feeds 9, and 104 layers come after the last."""
    made = one(EXPONENTIAL, 1001, focus=640)
    found = read(made, "focus")
    assert found.into("0.640") == {f"0.{640 - 2**k}" for k in range(10)}
    folds = [box.label for box in scene(made, "focus").boxes if re.fullmatch(r"[\d,]+", box.label)]
    gaps = [127, 255, 127, 63, 31, 15, 7, 3, 1, 1, 3, 7, 15, 31, 63, 127, 104]
    assert folds == [str(gap) for gap in gaps]
    assert sum(gaps) + 10 + 9 + 3 == 1002


def test_focus_on_what_leaves_links_to_the_exit() -> None:
    found = read(one("full", 5, focus=5), "focus")
    assert ("0.5", "0.exit") in found.links


@pytest.mark.parametrize("rule", ["full", "plain", EXPONENTIAL, "{rule: window, last: 3}"])
def test_matrix_has_a_cell_for_each_link(rule: str) -> None:
    made = one(rule, 30)
    stage = made.graph.stages[0]
    names = {box.name for box in scene(made, "matrix").boxes}
    links = {(source, layer) for layer in range(1, 31) for source in stage.sources(layer)}
    found = {name for name in names if name.count(".") == 2}
    assert found == {f"0.{source}.{layer}" for source, layer in links}


@pytest.mark.parametrize("layers", [12, 60, 700])
def test_rows_of_a_matrix_are_sources_and_columns_are_readers(layers: int) -> None:
    """As in figure 3 and in `archdsl heatmap`: what the stage is given is the first row."""
    made = scene(one("full", layers, focus=layers // 2), "matrix")
    frame, *marks = made.boxes
    middles = [(box.x - frame.area.left, frame.area.top - box.y) for box in marks if box.label == ""
               and "legend" not in box.name]  # fmt: skip
    assert middles
    assert all(across > down for across, down in middles)
    assert "A column is a layer, its rows what it reads." in caption(one("full", 8), "matrix")
    (focus,) = (text for text in made.texts if text.text == f"F{layers // 2}")
    assert focus.y > frame.area.top


def test_the_scale_is_of_links_that_are_drawn() -> None:
    """Of a plain stage of 3 layers, nothing reads the last output, which is the only wide one."""
    text = """archdsl: 1
name: wide
input: [4, 8, 8]
stages:
  count: 1
  layers: 3
  unit: [{conv: {width: "4 * layer * layer", kernel: 3}}]
  connect: plain
  aggregate: concat
"""
    made = subject(check_text(text), None)
    known = scale(made)
    assert (known.least, known.most) == (4 * 64, 16 * 64)


def test_cost_of_a_link_is_what_its_source_makes() -> None:
    """3 -> 24 channels enter at 32 x 32; every layer adds 12; maps halve."""
    made = shipped("densenet-cifar", {"depth": 40})
    known = scale(made)
    assert (known.least, known.most) == (12 * 8 * 8, 168 * 16 * 16)
    first = cells(made, made.graph.stages[0], known)
    assert first.costs == (24 * 32 * 32, *[12 * 32 * 32] * 12)
    assert known.level(known.least) == 0
    assert known.level(known.most) == len(known.colours) - 1


@pytest.mark.parametrize("rule", ["full", EXPONENTIAL])
@pytest.mark.parametrize("along", [_row, _diagonal])
@pytest.mark.parametrize("layers", [30, 200, MOST, 1_300])
def test_runs_hold_every_cell_once(rule: str, along: object, layers: int) -> None:
    made = one(rule, layers)
    known = cells(made, made.graph.stages[0], scale(made))
    found = []
    for first, last, level in _runs(known.levels, along):  # type: ignore[arg-type]
        down, right = last[0] - first[0], last[1] - first[1]
        assert down in {0, right}
        for step in range(right + 1):
            cell = (first[0] + (step if down else 0), first[1] + step)
            assert known.levels[cell] == level
            found.append(cell)
    assert sorted(found) == sorted(known.levels)


def test_deep_matrices_stay_small() -> None:
    made = scene(one(EXPONENTIAL, 5_000), "matrix")
    assert len(made.boxes) + len(made.curves) < 500
    assert "A mark is a group of 11 x 11 layers" in made.texts[-1].text.replace("\n", " ")


@pytest.mark.parametrize("name", SMALL)
def test_overview_shares_are_of_the_whole(name: str) -> None:
    made = shipped(name, SMALL[name][1])
    boxes = {box.name: box for box in scene(made, "overview").boxes}
    report = analyse(made.graph)
    for quantity, total in (("parameters", report.parameters), ("MACs", report.macs)):
        whole = 0.0
        for part in report.parts:
            bar = boxes.get(f"{part.name} {quantity}")
            share = (bar.width if bar else 0) / boxes[f"{part.name} {quantity} all"].width
            whole += share
            counted = part.parameters if quantity == "parameters" else part.macs
            assert share == pytest.approx(counted / total)
        assert whole == pytest.approx(1)


def test_overview_says_what_a_stage_is() -> None:
    words = [text.text for text in scene(shipped("sparsenet-bc-cifar", {}), "overview").texts]
    for said in ("stage 0: 16 layers", "conv 1x1, conv 3x3", "exponential 2, concat", "32x32"):
        assert said in words
    assert "54 (39.7% of the full rule's)" in words  # of 16 * 17 / 2 = 136


def test_many_stages_are_not_all_shown() -> None:
    text = "{rule: offsets, offsets: [1, 2]}"
    made = one(text, 3)
    many = Subject(made.graph, made.report, made.focus, "many")
    assert len(many.shown) == 1
    assert many.missing() == ""
