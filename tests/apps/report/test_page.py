"""The page of a comparison: what it holds, and that nothing in it is more than text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from archdsl.api import check, load
from archdsl.apps.compare.columns import filled
from archdsl.apps.compare.model import Comparison, compare
from archdsl.apps.draw import paint as painting
from archdsl.apps.report import html
from archdsl.apps.report.efficiency import points
from archdsl.apps.report.growing import DEPTHS, curves
from archdsl.apps.report.topologies import LAYERS, MOST, WHOLE, topologies
from archdsl.cli.files import ours
from cli.commands import SPECS, archdsl

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&amp;{{ 7 * 7 }}\u202e"


def loaded(*names: str) -> Comparison:
    return compare((name, check(load(SPECS / f"{name}.yaml"))) for name in names)


@pytest.fixture(scope="module")
def three() -> Comparison:
    return loaded("densenet-cifar", "sparsenet-cifar", "fractalnet-cifar")


class Reader(HTMLParser):
    """Tags with their attributes, and all text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_it_is_one_file_that_fetches_nothing(three: Comparison) -> None:
    page = html(three)
    for tag, attributes in Reader(page).tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "image"}
        for name, value in attributes.items():
            assert name not in {"src", "srcset"}
            assert name not in {"href", "xlink:href"} or (value or "").startswith("#")
            assert not name.startswith("on")
    assert "default-src 'none'" in page
    assert not re.search(r"url\((?!#)", page)


def test_the_same_networks_make_the_same_bytes(three: Comparison) -> None:
    assert html(three) == html(loaded("densenet-cifar", "sparsenet-cifar", "fractalnet-cifar"))


def test_ids_are_unique(three: Comparison) -> None:
    ids = [attributes["id"] for _, attributes in Reader(html(three)).tags if "id" in attributes]
    assert len(set(ids)) == len(ids)


def test_every_count_stands_in_the_table(three: Comparison) -> None:
    page = html(three)
    for row in three.rows:
        for column in filled(three):
            value = column.value(row)
            if isinstance(value, int):
                assert f'data-number="{value}"' in page
                assert f">{value:,}<" in page


def test_hostile_labels_are_text() -> None:
    made = compare([(HOSTILE, check(load(SPECS / "sparsenet-cifar.yaml")))])
    page = html(made)
    read = Reader(page)
    assert [tag for tag, _ in read.tags].count("script") == 1
    assert "img" not in {tag for tag, _ in read.tags}
    assert HOSTILE in read.text
    assert "49" not in re.findall(r"\{\{.*?\}\}", page)


@pytest.mark.parametrize("label", ["$x_{$", "a$\\frac$b", "\u4e2d$"])
def test_labels_are_no_mathematics(label: str) -> None:
    """matplotlib would read what stands between two `$` as a formula, and fail."""
    assert (
        label in Reader(html(compare([(label, check(load(SPECS / "sparsenet-cifar.yaml")))]))).text
    )


@pytest.mark.parametrize(("depth", "layers", "drawn"), [(64, 20, 20), (76, 24, 24), (79, 25, 16)])
def test_only_deep_stages_are_cut(depth: int, layers: int, drawn: int) -> None:
    checked = check(load(SPECS / "sparsenet-cifar.yaml", {"depth": depth}))
    (made,) = topologies(compare([("net", checked)]))
    assert f"{layers} layers" in made.caption
    assert (made.svg or "").count('class="node"') == drawn + 1
    assert ("of which the first" in made.caption) == (drawn < layers)


def test_a_slow_picture_is_a_sentence(monkeypatch: pytest.MonkeyPatch, three: Comparison) -> None:
    def slow(dot: str, form: str, *, background: str) -> bytes:
        raise painting.SlowError

    monkeypatch.setattr("archdsl.apps.report.topologies.paint", slow)
    for made in topologies(three):
        assert made.svg is None
        assert made.caption.endswith("There is no picture: Graphviz took too long.")


def test_pictures_have_the_links_of_the_rule(three: Comparison) -> None:
    for row, made in zip(three.rows, topologies(three), strict=True):
        stage = row.graph.stages[len(row.graph.stages) // 2]
        shown = stage.depth if stage.depth <= WHOLE else LAYERS
        titles = re.findall(r"<title>n\d+\.(\d+)&#45;&gt;n\d+\.(\d+)</title>", made.svg or "")
        links = sorted((int(source), int(layer)) for source, layer in titles)
        assert links == sorted(
            (source, layer) for layer in range(1, shown + 1) for source in stage.sources(layer)
        )
        assert f"first {LAYERS} are drawn" in made.caption or shown == stage.depth


def test_the_same_layer_is_in_focus_in_all(three: Comparison) -> None:
    for made in topologies(three):
        assert re.search(r"F6 reads F", made.caption)


def test_without_graphviz_there_are_sentences(
    three: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child.py"
    child.write_text("import sys; sys.exit(3)", encoding="utf-8")
    monkeypatch.setattr(painting, "PAINTER", child)
    page = html(three)
    assert page.count("There is no picture: pygraphviz is not installed, or failed.") == 3
    assert '<figure class="topology">' not in page


def test_many_networks_have_no_picture_each() -> None:
    checked = check(load(SPECS / "sparsenet-cifar.yaml", {"depth": 16}))
    made = compare([(f"net {place}", checked) for place in range(MOST + 2)])
    page = html(made)
    assert page.count('<figure class="topology">') == MOST
    assert f"Without a picture: net {MOST}, net {MOST + 1}." in page


def test_growth_is_counted() -> None:
    """Full: N (N + 1) / 2 links."""
    (dense,), left = curves(loaded("densenet-cifar"))
    assert dense.links == {depth: depth * (depth + 1) // 2 for depth in DEPTHS}
    assert not left


def test_networks_that_grow_alike_have_one_curve() -> None:
    specs = [load(SPECS / "sparsenet-cifar.yaml", {"depth": depth}) for depth in (40, 100)]
    found, _ = curves(compare((spec.sha256, check(spec)) for spec in specs))
    assert len(found) == 1


def test_a_depth_that_cannot_vary_is_left_out(tmp_path: Path) -> None:
    text = (
        "archdsl: 1\nname: two\ninput: [3, 8, 8]\nstages: {count: 1, connect: full,\n"
        "  layers: [{kind: basic, order: pre, width: 4}, {kind: basic, order: pre, width: 8}],\n"
        "  aggregate: concat}\n"
    )
    path = tmp_path / "two.yaml"
    path.write_text(text, encoding="utf-8")
    found, left = curves(compare([("two", check(load(path)))]))
    assert (found, left) == ([], ["two"])


def test_the_scatter_quotes_the_tables() -> None:
    """Table 2: DenseNet (k=12) 100 has 7.2M and 20.97 %; Table 4: DenseNet-121-32 has 25.0 %."""
    found = {(p.label, p.data): p for p in points(loaded("densenet-cifar")) if not p.ours}
    dense = found["DenseNet (k=12) 100", "c100"]
    assert (dense.family, dense.error) == ("DenseNet", 20.97)
    assert found["DenseNet-121-32", "imagenet"].error == 25.0
    assert found["SparseNet-BC (k=12) 100", "c100"].doubt
    (mine,) = (p for p in points(loaded("densenet-cifar")) if p.ours)
    assert (mine.parameters, mine.error) == (7_189_468, 20.97)


def test_the_command_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    words: list[str | Path] = [
        "compare",
        SPECS / "sparsenet-cifar.yaml",
        "--vary",
        "depth=16,40",
        "--html",
        path,
    ]
    ran = archdsl(*words)
    assert ran.code == 0
    assert ran.out.endswith(f"wrote  {path}\n")
    assert ours(path)
    assert archdsl(*words).out.endswith(f"unchanged  {path}\n")
    foreign = tmp_path / "mine.html"
    foreign.write_text("<p>mine</p>", encoding="utf-8")
    assert archdsl(*words[:-1], foreign).code == 2
    assert foreign.read_text(encoding="utf-8") == "<p>mine</p>"
