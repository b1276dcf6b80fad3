"""Which view is drawn, in what form, and what happens when Graphviz is slow or is not there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from apps.draw.networks import SPECS, one, shipped
from archdsl import picture as public
from archdsl.apps.draw import paint as painting
from archdsl.apps.draw.choices import chosen
from archdsl.apps.draw.dot import MARK, dot
from archdsl.apps.draw.paint import SlowError, paint
from archdsl.apps.draw.picture import draw, scene
from archdsl.apps.draw.scene import Box, Scene
from archdsl.errors import ArchdslError

EXPONENTIAL = "{rule: exponential, base: 2}"


@pytest.mark.parametrize(
    ("layers", "view"),
    [(1, "paper"), (24, "paper"), (25, "arc"), (2_000, "arc"), (2_001, "matrix")],
)
def test_the_view_follows_the_size(layers: int, view: str) -> None:
    assert chosen(one("plain", layers)) == view


def test_beyond_100000_layers_an_overview() -> None:
    made = one("plain", 30)
    assert chosen(made) == "arc"
    object.__setattr__(made.report, "layers", 100_001)
    assert chosen(made) == "overview"


def test_pdfs_are_of_no_day() -> None:
    made = draw(one(EXPONENTIAL), "pdf").content
    assert made.count(b"/CreationDate (D:19700101000000") == 1


@pytest.mark.parametrize("view", ["paper", "overview", "arc", "focus", "matrix"])
@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_every_view_in_every_form(view: str, form: str) -> None:
    made = draw(one(EXPONENTIAL), form, view)
    starts = {"svg": b"<?xml", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-"}
    assert made.content.startswith(starts[form])
    assert MARK.encode() in made.content
    assert made == draw(one(EXPONENTIAL), form, view)  # the same bytes
    assert made.view == view
    assert not made.notes


def test_slow_views_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def slow(text: str, form: str, deadline: float, **_: object) -> bytes:
        tried.append(text.count(" -> "))
        if len(tried) < 3:
            raise SlowError
        return b"picture"

    monkeypatch.setattr("archdsl.apps.draw.picture.paint", slow)
    made = draw(one(EXPONENTIAL, 300), "svg")
    assert made.view == "overview"
    (note,) = made.notes
    assert (note.code, note.level) == ("A505", "note")
    assert note.message == "the view arc of one took too long to paint; this is overview"
    assert tried[0] > tried[1] > tried[2]


def test_nothing_in_time_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> bytes:
        raise SlowError

    monkeypatch.setattr("archdsl.apps.draw.picture.paint", slow)
    with pytest.raises(ArchdslError, match=r"A506.*no view of one was painted in 2 s"):
        draw(one(EXPONENTIAL), "svg", deadline=2)


def test_the_child_ends_at_the_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    monkeypatch.setattr(painting, "PAINTER", sleeper)
    begun = time.monotonic()
    with pytest.raises(SlowError):
        paint("digraph {}", "svg", 0.2)
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("raise ValueError('bad \\x1b[31m text')", "Graphviz failed (exit 1: ValueError: bad"),
        ("pass", "Graphviz failed (exit 0)"),
        ("import os; os.kill(os.getpid(), 11)", "Graphviz failed (exit -11)"),
    ],
)
def test_a_child_that_fails_is_a_diagnostic(
    program: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child.py"
    child.write_text(program + "\n", encoding="utf-8")
    monkeypatch.setattr(painting, "PAINTER", child)
    with pytest.raises(ArchdslError) as caught:
        paint("digraph {}", "svg")
    (finding,) = caught.value.diagnostics
    assert finding.code == "A501"
    assert finding.message.startswith(message)
    assert "\x1b" not in finding.message


def test_a_child_without_pygraphviz_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child.py"
    child.write_text("import sys; sys.exit(3)", encoding="utf-8")
    monkeypatch.setattr(painting, "PAINTER", child)
    with pytest.raises(ArchdslError, match=r"A422.*needs pygraphviz") as caught:
        paint("digraph {}", "svg")
    assert caught.value.diagnostics[0].help == 'pip install "archdsl[draw]"'


def test_dot_needs_no_graphviz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painting, "PAINTER", tmp_path / "none.py")
    made = one(EXPONENTIAL)
    assert draw(made, "dot").content.decode() == dot(scene(made))


def test_bitmaps_have_a_limit() -> None:
    deep = one("plain", 9_000)
    with pytest.raises(ArchdslError, match=r"A504.*the bitmap would have 2"):
        draw(deep, "png", "arc")
    assert draw(deep, "dot", "arc").view == "arc"


@pytest.mark.parametrize(
    ("view", "style", "said"),
    [
        ("papr", "exploded", "`papr` is not a view"),
        ("arc", "compact", "the view arc has no compact style"),
        (None, "folded", "`folded` is not a style"),
    ],
)
def test_words_that_are_none(view: str | None, style: str, said: str) -> None:
    with pytest.raises(ArchdslError, match=f"A414.*{said}"):
        draw(one("full", 3), "svg", view, style)


def test_from_python() -> None:
    import archdsl

    spec = archdsl.load(SPECS / "sparsenet-bc-cifar.yaml", {"depth": 40})
    svg = public(spec).content
    assert public(archdsl.lower(spec), view="paper").content != public(spec, view="arc").content
    assert spec._repr_svg_() == svg.decode()
    assert b"bc-cifar, depth = 40" in svg.replace(b"&#45;", b"-")
    assert public(spec, "dot", view="focus", focus="1.3").content.count(b"F3") > 0
    with pytest.raises(ArchdslError, match=r"A414.*`3.1` is not a layer"):
        public(spec, focus="3.1")


def test_notebooks_show_text_where_there_is_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shipped("resnet-imagenet", {}).graph
    assert (made._repr_svg_() or "").startswith("<?xml")
    child = tmp_path / "child.py"
    child.write_text("import sys; sys.exit(3)", encoding="utf-8")
    monkeypatch.setattr(painting, "PAINTER", child)
    assert made._repr_svg_() is None


def test_svg_is_white_so_that_its_dark_text_is_readable_on_a_dark_page() -> None:
    text = dot(Scene("one", (Box("a", 0, 0, 36, 18, "F1"),)))
    background = b'<polygon fill="white" stroke="none"'
    assert background in paint(text, "svg")
    assert background not in paint(text, "svg", background="none")
