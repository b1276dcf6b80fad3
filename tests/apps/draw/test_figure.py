"""Figures for papers: size, texts, font, colours, one stage, several networks."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from apps.draw.networks import one
from archdsl.api import check, load
from archdsl.apps.draw.choices import styled
from archdsl.apps.draw.figure import Figure, inches
from archdsl.apps.draw.picture import draw, scene, together
from archdsl.apps.draw.showing import subject
from archdsl.apps.draw.subject import Subject
from archdsl.apps.draw.themes import THEMES
from archdsl.errors import ArchdslError
from cli.commands import SPECS, archdsl

pytest.importorskip("pygraphviz", reason="Graphviz is not installed")

SPARSE = SPECS / "sparsenet-bc-cifar.yaml"


def network(name: str = "sparsenet-bc-cifar", **settings: Any) -> Subject:
    return subject(check(load(SPECS / f"{name}.yaml", settings)))


def texts(shown: Subject, view: str = "paper", **figure: Any) -> list[str]:
    drawn = scene(Figure(**figure).of(shown), view)
    return [text.text.replace("\n", " ") for text in drawn.texts]


@pytest.mark.parametrize("width", [2.0, 3.25, 6.75])
def test_a_picture_is_as_wide_as_asked(width: float) -> None:
    svg = draw(network(depth=40), "svg", figure=Figure(width=width)).content.decode()
    (points,) = re.findall(r'<svg width="(\d+)pt"', svg)
    assert abs(int(points) - 72 * width) <= 1


def test_a_bitmap_with_a_width_has_the_resolution_of_print() -> None:
    image = pytest.importorskip("PIL.Image", reason="pillow is not installed")
    png = draw(network(depth=40), "png", figure=Figure(width=3.25)).content
    assert abs(image.open(io.BytesIO(png)).width - 3.25 * 300) <= 5


def test_title_and_caption_are_replaced_or_left_out() -> None:
    shown = network(depth=40)
    mine = texts(shown, title="Wiring", caption="Ours.")
    assert (mine[0], mine[-1]) == ("Wiring", "Ours.")
    usual, bare = texts(shown), texts(shown, title="", caption="")
    assert bare == usual[1:-1]


@pytest.mark.parametrize("view", ["paper", "arc", "matrix"])
def test_a_single_stage_is_captioned_with_its_own_counts(view: str) -> None:
    shown = network(depth=40, growth=[8, 12, 16])
    report = shown.report.stages[2]
    drawn = texts(shown, view, stage=2)
    assert f"{report.layers} layers, {report.links} links" in drawn[-1]
    assert not any("of stage" in text or "not shown" in text for text in drawn)
    assert sum(text.startswith("stage ") for text in drawn) == 1


def test_a_stage_that_cannot_be_drawn() -> None:
    shown = network(depth=40)
    pointed = replace(shown, pointed=True)
    for wrong, view, stage in ((shown, "paper", 3), (shown, "overview", 0), (pointed, "paper", 0)):
        with pytest.raises(ArchdslError, match=r"\[A414\]"):
            draw(wrong, "dot", view, figure=Figure(stage=stage))


@pytest.mark.parametrize("view", ["paper", "overview", "arc", "focus", "matrix"])
def test_grey_has_no_colour_and_says_what_is_drawn(view: str) -> None:
    content = draw(network(depth=40), "dot", view, figure=Figure(theme="grey")).content.decode()
    for colour in set(re.findall(r"#[0-9a-f]{6}", content)):
        assert colour[1:3] == colour[3:5] == colour[5:7], colour
    assert not re.search(r"\bRed:|\(red|\(blue", content)
    if "Black:" in content or "(black" in content:
        assert '"#000000"' in content


def test_links_out_of_the_focus_are_dashed_in_grey() -> None:
    dot = draw(network(depth=40), "dot", "focus", figure=Figure(theme="grey")).content.decode()
    assert "dashed" in dot
    assert "(dashed)" in dot


@pytest.mark.parametrize("view", ["paper", "overview", "arc", "focus", "matrix"])
def test_dark_texts_are_legible(view: str) -> None:
    theme = THEMES["dark"]
    drawn = theme.drawn(scene(network(depth=40), view))
    for text in drawn.texts:
        assert contrast(text.colour, theme.background) >= 4.5, text
    for box in drawn.boxes:
        if box.label:
            ground = theme.background if box.look.fill == "none" else box.look.fill
            assert contrast(box.look.text, ground) >= 4.5, box


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2."""

    def light(colour: str) -> float:
        parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, bright = sorted([light(one), light(other)])
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("background", "fill"), [("none", None), ("#16181b", "#16181b")])
def test_a_background(background: str, fill: str | None) -> None:
    svg = draw(network(depth=40), "svg", figure=Figure(background=background)).content.decode()
    (ground,) = re.findall(r'^<polygon fill="([^"]*)" stroke="none"', svg, re.MULTILINE) or [None]
    assert ground == fill


def test_a_font_is_that_of_all_texts() -> None:
    svg = draw(network(depth=40), "svg", figure=Figure(font="Linux Libertine O")).content.decode()
    assert set(re.findall(r'font-family="([^"]*)"', svg)) == {"Linux Libertine O"}
    times = draw(network(depth=40), "svg", figure=Figure(font="Times")).content.decode()
    assert 'font-weight="bold"' in times


@pytest.mark.parametrize(
    "figure",
    [{"font": 'A", label="x'}, {"theme": "pastel"}, {"background": "red"}, {"font": ""}],
)
def test_words_that_no_figure_has(figure: dict[str, str]) -> None:
    with pytest.raises(ArchdslError, match=r"\[A414\]"):
        Figure(**figure)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", ["3", "0in", "1e9in", "999999in", "-3in", "3 in", "in", ""])
def test_widths_that_no_page_has(width: str) -> None:
    with pytest.raises(ArchdslError, match=r"\[A414\]"):
        inches(width)


def test_sums_are_compact_unless_something_else_is_asked_for() -> None:
    resnet, dense = network("resnet-preact-cifar", depth=20), network("densenet-bc-cifar", depth=40)
    assert styled(resnet, "paper", None) == "compact"
    assert styled(replace(resnet, pointed=True), "paper", None) == "exploded"
    assert styled(resnet, "arc", None) == "exploded"
    assert styled(resnet, "paper", "exploded") == "exploded"
    assert styled(dense, "paper", None) == "exploded"


def test_several_networks_are_in_one_figure(tmp_path: Path) -> None:
    path = tmp_path / "both.svg"
    dense = SPECS / "densenet-bc-cifar.yaml"
    ran = archdsl("draw", dense, SPARSE, "--set", "depth=40", "--stage", "0", "-o", path)
    assert (ran.code, ran.err) == (0, "")
    svg = unescape(path.read_text("utf-8"))
    assert "densenet-bc-cifar, depth = 40" in svg
    assert "sparsenet-bc-cifar, depth = 40" in svg
    names = [box.name for box in scene(network(depth=40)).boxes]
    both = together([network(depth=40), network(depth=40)], "dot").content.decode()
    assert all(f'"0:{name}"' in both and f'"1:{name}"' in both for name in names)


def test_options_of_one_network_are_refused_for_several(tmp_path: Path) -> None:
    ran = archdsl("draw", SPARSE, SPARSE, "--title", "x", "-o", tmp_path / "both.svg")
    assert "A414" in ran.err
    assert not (tmp_path / "both.svg").exists()


def test_a_figure_without_options_is_the_picture() -> None:
    assert draw(one("full", 5), "dot", figure=Figure()) == draw(one("full", 5), "dot")
