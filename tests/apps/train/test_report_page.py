"""The page of `archdsl report`: its numbers, curves and heat maps, and that text stays text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from archdsl.apps.report.runs.plots import MOST, POINTS, band, measured
from archdsl.apps.runs.grouping import Group, grouped
from archdsl.apps.runs.reading import read_all
from archdsl.cli import inputs
from archdsl.cli.files import ours
from cli.commands import archdsl
from run_folders import SPEC, SUMMARY, checkpoint, row, run

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&amp;{{ 7 * 7 }}$x_{$"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Reader(HTMLParser):
    """Tags with their attributes, the text, and the cells of each table by its name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.tables: dict[str, list[list[str]]] = {}
        self.cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if attributes.get("role") == "region":
            self.tables[attributes["aria-label"] or ""] = []
        if tag == "tr":
            [*self.tables.values()][-1].append([])
        if tag in {"td", "th"}:
            [*self.tables.values()][-1][-1].append("")
            self.cell = True

    def handle_endtag(self, tag: str) -> None:
        self.cell = self.cell and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.cell:
            [*self.tables.values()][-1][-1][-1] += data.strip()

    def table(self, name: str) -> list[dict[str, str]]:
        """The rows of a table by its heads."""
        heads, *rows = self.tables[name]
        return [dict(zip(heads, cells, strict=True)) for cells in rows]


def page(*runs: Path, code: int = 0) -> str:
    """The page of some runs."""
    ran = archdsl("report", *runs, "-o", "report.html", "--force")
    assert ran.code == code, ran.err
    return Path("report.html").read_text("utf-8")


def groups(*runs: Path) -> list[Group]:
    """Groups of runs."""
    read, findings = read_all([*runs], inputs.load)
    assert findings == []
    return grouped(read)


def two() -> list[Path]:
    """Two seeds, and a wider network."""
    return [
        run(Path("a"), error=5.0),
        run(Path("b"), error=6.0, settings={"seed": 1}),
        run(Path("c"), growth=12, error=4.0, parameters=2_000_000),
    ]


def test_tables_have_the_numbers() -> None:
    read = Reader(page(*two()))
    first, second = read.table("results")
    assert first["network"] == "net growth=8"
    assert first["error, %"] == "5.50 ± 0.71 (2 seeds)"
    assert first["seeds"] == "0, 1"
    assert (second["network"], second["error, %"]) == ("net growth=12", "4.00")
    assert second["parameters"] == "2,000,000"
    assert second["settings"] == "growth=12"
    singles = read.table("single runs")
    assert [(each["run"], each["error, %"]) for each in singles] == [
        ("a", "5.00"), ("b", "6.00"), ("c", "4.00"),
    ]  # fmt: skip
    assert read.table("settings that differ") == [
        {"network": "net growth=8", "growth": "8"}, {"network": "net growth=12", "growth": "12"},
    ]  # fmt: skip
    titles = [attributes.get("title") for _, attributes in read.tags]
    assert "seed 0: 5.00, seed 1: 6.00" in titles
    assert SUMMARY["spec_sha256"] in titles


def test_it_is_one_file_that_fetches_nothing() -> None:
    checkpoint(run(Path("a")))
    text = page(Path("a"))
    read = Reader(text)
    for tag, attributes in read.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
        for name, value in attributes.items():
            assert name not in {"src", "srcset"}
            own = (value or "").startswith(("#", "data:image/png;base64,"))
            assert name not in {"href", "xlink:href"} or own
            assert not name.startswith("on")
    assert "default-src 'none'" in text
    assert not re.search(r"url\((?!#)", text)
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert ours(Path("report.html"))
    assert page(Path("a")) == text


def test_text_of_strangers_is_text() -> None:
    path = run(
        Path("<b>a"), data=HOSTILE, recipe=f"{json.dumps(HOSTILE)}: 1\n", device=HOSTILE,
        settings={HOSTILE: HOSTILE},
    )  # fmt: skip
    values = json.loads((path / "summary.json").read_text("utf-8"))
    (path / "summary.json").write_text(json.dumps({**values, "recipe": HOSTILE}), "utf-8")
    other = run(Path("other"), network=HOSTILE)
    (other / "net.py").write_text("import os", "utf-8")
    read = Reader(page(path, other))
    tags = [tag for tag, _ in read.tags]
    assert tags.count("script") == 1
    assert not {"img", "b"} & {*tags}
    first, second = read.table("results")
    assert (first["data"], first["recipe"], second["network"]) == (HOSTILE, HOSTILE, HOSTILE)
    assert "<b>a" in read.text


def test_a_band_reaches_from_the_smallest_to_the_largest_value() -> None:
    one, other = run(Path("a")), run(Path("b"), settings={"seed": 1}, epochs=2)
    lines = [json.dumps(row(epoch, 20.0)) + "\n" for epoch in (1, 2)]
    (other / "metrics.jsonl").write_text("".join(lines))
    (group,) = groups(one, other)
    errors = band(group, lambda each: each.error)
    assert errors.epochs == [1, 2, 3]
    assert errors.mean == pytest.approx([35.0, 17.5, 50 / 3])
    assert errors.low == pytest.approx([20.0, 10.0, 50 / 3])
    assert errors.high == pytest.approx([50.0, 25.0, 50 / 3])


def test_long_runs_are_thinned_out() -> None:
    (group,) = groups(run(Path("a"), rows=2 * POINTS + 1, epochs=2 * POINTS + 1))
    epochs = band(group, lambda each: each.loss).epochs
    assert len(epochs) == 267  # every third one of 801
    assert epochs[-1] == 801


def test_points_need_an_error_and_parameters() -> None:
    paths = [*two(), run(Path("d"), settings={"rate": 0.5}, error=None)]
    listed = groups(*paths)
    assert [group.label for group in measured(listed)] == [group.label for group in listed[:2]]
    assert "hollow mark a group with a run that is not finished. Not drawn: net" in page(*paths)


def test_curves_are_limited() -> None:
    (group,) = groups(run(Path("a")))
    many = [Group(f"group {index}", group.runs) for index in range(MOST + 2)]
    from archdsl.apps.report import html_of_runs

    text = html_of_runs(many)
    assert f"Not drawn: group {MOST}, group {MOST + 1}." in text
    assert f"Without a heat map: group {MOST}, group {MOST + 1}." in text


def test_runs_without_anything_to_draw_are_a_page() -> None:
    text = page(run(Path("a"), rows=0, finished=False))
    assert "No run has finished an epoch." in text
    assert "No run has an error of its final weights yet." in text
    assert "There is no heat map: a has neither best.pt nor last.pt." in text


def test_heat_maps_are_of_the_best_weights_of_the_first_seed() -> None:
    first, second, wide = two()
    checkpoint(first)
    checkpoint(first, "last")
    checkpoint(second)
    checkpoint(wide, "last")
    text = page(first, second, wide)
    assert re.findall(r"From \w+\.pt of \w+, seed \d\.", text) == [
        "From best.pt of a, seed 0.", "From last.pt of c, seed 0.",
    ]  # fmt: skip
    assert 'id="heat0-' in text
    assert 'id="heat1-' in text


def test_networks_without_a_heat_map_have_the_reason() -> None:
    added = SPEC.replace("concat", "sum\nstem: [{conv: {width: growth, kernel: 3}}]")
    checkpoint(run(Path("a"), spec=added))
    broken = run(Path("b"), growth=12)
    (broken / "best.pt").write_bytes(b"nothing")
    text = Reader(page(Path("a"), broken)).text
    assert "have no separate weights for each output they read; outputs that are added" in text
    assert "There is no heat map: b/best.pt is not a checkpoint that can be read safely" in text


def test_damaged_files_are_listed() -> None:
    path = run(Path("a"))
    (path / "summary.json").write_text("{")
    assert "<li>a/summary.json is not a JSON object</li>" in page(path)


def test_only_html_is_written_and_files_of_others_are_kept() -> None:
    path = run(Path("a"))
    assert archdsl("report", path, "-o", "a.svg", "--format", "json").codes() == ["A414"]
    Path("mine.html").write_text("<p>mine</p>")
    assert archdsl("report", path, "-o", "mine.html", "--format", "json").codes() == ["A411"]
    assert Path("mine.html").read_text() == "<p>mine</p>"


def test_with_json_nothing_else_is_printed() -> None:
    ran = archdsl("report", run(Path("a")), "--json", "-o", "report.html")
    assert len(json.loads(ran.out)["groups"]) == 1
    assert ours(Path("report.html"))


def heat(*words: str | Path) -> Any:
    """The links of the first stage that `archdsl heatmap` prints."""
    ran = archdsl("heatmap", *words, "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)["stages"][0]["links"]


def test_heatmap_takes_the_network_next_to_a_checkpoint() -> None:
    checkpoint(run(Path("a"), growth=12))
    Path("net.yaml").write_text(SPEC)
    assert heat("a/best.pt") == heat("a/best.pt", "net.yaml", "--set", "growth=12")


def test_heatmap_of_a_run_is_of_the_averaged_weights() -> None:
    state = checkpoint(run(Path("a")))
    average = {f"module.{name}": 2 * value for name, value in state["model"].items()}
    checkpoint(Path("a"), "last", model=state["model"], ema=average)
    plain, averaged = heat("a/best.pt"), heat("a/last.pt")
    assert [each["mean"] for each in averaged] == pytest.approx(
        [2 * each["mean"] for each in plain]
    )


def test_heatmap_without_a_network_says_so() -> None:
    checkpoint(run(Path("a")))
    (Path("a") / "net.py").unlink()
    (finding,) = archdsl_errors("heatmap", "a/best.pt", "--json")
    assert finding == ("error[A414]: no spec is named, and there is no a/net.py to take it from")
    (Path("a") / "net.py").write_text("import os")
    (finding,) = archdsl_errors("heatmap", "a/best.pt", "--json")
    assert finding.startswith("error[A420]")


def archdsl_errors(*words: str) -> list[str]:
    """The first lines of the diagnostics of a command."""
    return [line for line in archdsl(*words).err.splitlines() if line.startswith("error[")]
