"""Pictures with strengths: widths follow them in every view; pictures without are the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

import archdsl
from apps.draw.networks import one, shipped
from apps.draw.test_layout import assert_clear
from archdsl.apps.draw.cells import cells, scale
from archdsl.apps.draw.choices import SINGLE, VIEWS
from archdsl.apps.draw.dot import FRONT, dot
from archdsl.apps.draw.paint import SlowError
from archdsl.apps.draw.picture import draw, scene
from archdsl.apps.draw.strengths import DOTTED, SAMPLES, Strengths, legend, weighed
from archdsl.apps.draw.subject import Subject
from archdsl.errors import ArchdslError
from archdsl.ir.graph import Stage

EDGE = re.compile(r'^  "0\.(\d+)" -> "0\.(\d+)(?:\.join)?" \[.*color="([^"]*)", penwidth=([0-9.]+)')
EXPONENTIAL = "{rule: exponential, base: 2}"


def links(stage: Stage) -> Iterable[tuple[int, int]]:
    for layer in range(1, stage.depth + 1):
        yield from ((source, layer) for source in stage.sources(layer))
    yield from ((source, stage.depth + 1) for source in stage.exit_sources())


def strong(network: Subject) -> tuple[Subject, Mapping[tuple[int, int], float]]:
    """A network whose links have strengths that are all different."""
    (stage,) = network.graph.stages
    each = list(links(stage))
    values = {link: ((11 * index) % len(each)) / len(each) for index, link in enumerate(each)}
    return replace(network, strengths=Strengths({0: values})), values


def widths(text: str) -> dict[tuple[int, int], tuple[float, int]]:
    """The width and the opacity of each link in DOT text."""
    found = (EDGE.match(line) for line in text.splitlines() if FRONT not in line)
    return {
        (int(edge[1]), int(edge[2])): (float(edge[4]), int(edge[3][7:], 16))
        for edge in found
        if edge and len(edge[3]) == 9
    }


@pytest.mark.parametrize("layers", [12, 60])
@pytest.mark.parametrize("rule", ["full", EXPONENTIAL])
@pytest.mark.parametrize("view", ["paper", "arc", "focus"])
def test_widths_and_shades_grow_with_strengths(view: str, rule: str, layers: int) -> None:
    subject, strengths = strong(one(rule, layers, focus=8))
    text = dot(scene(subject, view))
    drawn = widths(text)
    assert len(drawn) >= 4
    assert drawn.keys() <= strengths.keys()
    ordered = sorted(drawn, key=lambda link: strengths[link])
    assert [drawn[link][0] for link in ordered] == sorted(width for width, _ in drawn.values())
    assert [drawn[link][1] for link in ordered] == sorted(shade for _, shade in drawn.values())
    assert len({width for width, _ in drawn.values()}) == len(drawn)
    assert DOTTED not in text


def test_the_paper_view_has_every_link_and_the_exit() -> None:
    subject, strengths = strong(one("full", 6))
    assert widths(dot(scene(subject, "paper"))).keys() == strengths.keys()


def test_colours_of_the_matrix_grow_with_strengths() -> None:
    subject, strengths = strong(one("full", 12))
    stage = subject.graph.stages[0]
    levels = cells(subject, stage, scale(subject)).levels
    inside = [link for link in strengths if link[1] <= stage.depth]
    assert levels.keys() == set(inside)
    ordered = sorted(inside, key=lambda link: strengths[link])
    assert [levels[link] for link in ordered] == sorted(levels.values())
    assert len(set(levels.values())) > 10


def test_layers_that_share_a_cell_show_the_mean_of_the_known() -> None:
    network = one("plain", 1_200)
    few = {(source, source + 1): 1.0 for source in range(600)}
    subject = replace(network, strengths=Strengths({0: few}))
    grid = cells(subject, network.graph.stages[0], scale(subject))
    assert grid.group > 1
    without = len(grid.scale.colours) - 1
    assert grid.levels[0, 0] == without - 1
    assert grid.levels[1_190 // grid.group, 1_190 // grid.group] == without


def test_a_folded_link_shows_the_mean() -> None:
    """Of 100 reads, the nearest 12 are named and y_0; the 87 between them share a link."""
    network = one("full", 100, focus=100)
    near = {(source, 100): 1.0 if source >= 88 or not source else 0.25 for source in range(100)}
    made = scene(replace(network, strengths=Strengths({0: near})), "focus")
    by_source = {curve.source: curve.look.width for curve in made.curves}
    assert by_source["0.1-87"] == weighed(made.curves[0].look, 0.25).width
    assert "A link of several layers shows their mean strength." in captioned(made)


def captioned(made: Any) -> str:
    return str(made.texts[-1].text.replace("\n", " "))


@pytest.mark.parametrize("view", SINGLE)
def test_captions_say_what_is_shown_and_the_range(view: str) -> None:
    network = one(EXPONENTIAL, 12)
    values = {(0, 2): 0.125, (1, 2): 1.0, (11, 12): 0.5}
    said = captioned(scene(replace(network, strengths=Strengths({0: values})), view))
    assert "how strongly a layer uses an output" in said
    assert "from 0.12 to 1.00." in said
    assert ("Dotted links have no weights of their own." in said) == (view != "matrix")


def test_the_legend_is_drawn_as_the_links_are() -> None:
    boxes, texts = legend().boxes, legend().texts
    looks = [weighed(boxes[0].look, sample) for sample in SAMPLES]
    assert [box.height for box in boxes] == [look.width for look in looks]
    assert [float(text.text) for text in texts] == list(SAMPLES)


@pytest.mark.parametrize("view", SINGLE)
@pytest.mark.parametrize("layers", [1, 5, 100])
def test_nothing_collides(view: str, layers: int) -> None:
    network = one(EXPONENTIAL, layers)
    if VIEWS[view].fits(network):
        assert_clear(scene(strong(network)[0], view), view)


@pytest.mark.parametrize("view", VIEWS)
def test_without_strengths_nothing_is_opaque_by_degrees(view: str) -> None:
    text = dot(scene(one("full", 12), view))
    assert not widths(text)
    assert DOTTED not in text
    assert "strongly" not in text


def test_columns_become_single_links() -> None:
    """A column draws the links out of a join as one line, which cannot have several widths."""
    network = shipped("fractalnet-cifar", {})
    stages = {stage.index: dict.fromkeys(links(stage), 0.5) for stage in network.graph.stages}
    drawn = scene(replace(network, strengths=Strengths(stages)), "paper")
    names = {f"0.{layer}" for layer in range(network.graph.stages[0].depth + 1)}
    assert names <= {box.name for box in drawn.boxes}
    assert not any(".r" in box.name for box in drawn.boxes)


@pytest.mark.parametrize(("view", "style"), [("overview", "exploded"), ("paper", "compact")])
def test_views_without_single_links_are_refused(view: str, style: str) -> None:
    subject = replace(shipped("resnet-imagenet", {}), strengths=Strengths({0: {(0, 1): 1.0}}))
    with pytest.raises(ArchdslError, match=r"\[A414\].* does not draw links one by one"):
        draw(subject, "dot", view, style)


def test_a_slow_view_is_not_replaced_by_the_overview(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> bytes:
        raise SlowError

    monkeypatch.setattr("archdsl.apps.draw.picture.paint", slow)
    subject, _ = strong(one("full", 5))
    with pytest.raises(ArchdslError, match=r"\[A506\]"):
        draw(subject, "svg", "arc")


def test_stages_without_strengths_are_refused_with_the_blocks_that_have_some() -> None:
    only = Strengths({}, {"stages.0.layers.0.block": {(0, 2): 1.0}})
    with pytest.raises(ArchdslError, match=r"\[A442\]") as error:
        draw(replace(one("full", 3), strengths=only), "dot")
    assert error.value.diagnostics[0].help is not None
    assert "--open PATH: stages.0.layers.0.block" in error.value.diagnostics[0].help


def test_a_block_is_drawn_by_its_strengths() -> None:
    path = "stages.2.layers.0.block"
    network = replace(shipped("vovnet-imagenet", {}), opened=path)
    values = {(source, 6): (source + 1) / 6 for source in range(6)}
    made = scene(replace(network, strengths=Strengths({}, {path: values})))
    thick = {curve.source: curve.look.width for curve in made.curves if curve.target == "6"}
    assert [thick[str(source)] for source in range(6)] == sorted(thick.values())
    assert "from 0.17 to 1.00. Dotted links" in captioned(made)
    with pytest.raises(ArchdslError, match=r"\[A442\] the parts of stages.2.layers.0.block"):
        scene(replace(network, strengths=Strengths({0: {(0, 1): 1.0}})))


def test_from_python() -> None:
    spec = archdsl.load("specs/sparsenet-bc-cifar.yaml", {"depth": 16})
    values = Strengths({0: {(0, 1): 0.5}})
    assert b"strongly" in archdsl.picture(spec, "dot", strengths=values).content
