"""The DOT is valid, the same every time, and shows any text as text."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pygraphviz
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.draw.networks import SMALL, one, shipped
from archdsl.apps.draw.choices import VIEWS
from archdsl.apps.draw.dot import dot
from archdsl.apps.draw.paint import paint
from archdsl.apps.draw.picture import scene
from archdsl.apps.draw.scene import Box, Scene, Text
from archdsl.apps.draw.subject import Subject

HOSTILE = (
    'a" URL="javascript:alert(1)',
    "<b>bold</b><script>alert(1)</script>",
    "\\N \\G \\L \\l \\r",
    "&lt;img src=x onerror=alert(1)&gt; &#65;",
    "]; malicious [label=x",
    "// comment */ /* # x",
    "\u202eevil\u202c \x1b[31m \x00",
    "${HOME} `id` $(id)",
)
SVG = "{http://www.w3.org/2000/svg}"


def shown(made: Scene) -> list[str]:
    """The texts of the picture, as an SVG's reader has them."""
    root = ET.fromstring(paint(dot(made), "svg"))
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in {
            "svg", "g", "title", "polygon", "path", "text", "ellipse", "polyline", "a",
        }  # fmt: skip
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on")
            assert "script" not in value.lower() or name.endswith("title"), (name, value)
            assert not name.endswith("href"), value
    return [(element.text or "").strip("\xa0") for element in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(text: str) -> None:
    visible = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    made = Scene(text, (Box("a", 0, 0, 400, 20, text, tooltip=text),), (), (Text(0, 40, text),))
    found = [said.replace("\xa0", " ") for said in shown(made)]
    assert found == [visible, visible]


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_any_text_survives_graphviz_reader(text: str) -> None:
    made = Scene(text, (Box("a", 0, 0, 40, 20, text), Box(text + "b", 0, 0, 1, 1)))
    graph = pygraphviz.AGraph(string=dot(made))
    assert graph.number_of_nodes() == 2
    assert graph.number_of_edges() == 0


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", ["sparsenet-cifar", "fractalnet-cifar", "resnet-imagenet"])
def test_dot_is_valid_and_the_same_every_time(name: str, view: str) -> None:
    settings = SMALL[name][1]
    text = dot(scene(shipped(name, settings), view))
    assert text == dot(scene(shipped(name, settings), view))
    graph = pygraphviz.AGraph(string=text)
    assert graph.number_of_nodes() > 3


@pytest.mark.parametrize("view", VIEWS)
def test_a_hostile_title_is_text_in_every_view(view: str) -> None:
    made = one("full", 4)
    hostile = Subject(made.graph, made.report, made.focus, HOSTILE[1])
    assert any("<script>" in said for said in shown(scene(hostile, view)))
