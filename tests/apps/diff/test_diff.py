"""`archdsl diff`: what it says changed is what changed, in text, JSON and the picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pygraphviz
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.draw.networks import ONE
from apps.draw.test_layout import assert_clear
from archdsl.api import analyse, check, check_text, load, lower
from archdsl.apps.diff import links as linking
from archdsl.apps.diff.alignment import align
from archdsl.apps.diff.links import link_diff
from archdsl.apps.diff.model import difference
from archdsl.apps.diff.picture import scene
from archdsl.apps.diff.text import text
from archdsl.apps.draw.dot import FRONT, dot
from archdsl.apps.draw.looks import ADDED, REMOVED
from cli.commands import SPECS, archdsl

SPARSE, DENSE = SPECS / "sparsenet-bc-cifar.yaml", SPECS / "densenet-bc-cifar.yaml"
RULES = ["full", "plain", "{rule: exponential, base: 2}", "{rule: exponential, base: 3}"]


def one(rule: str, layers: int, aggregate: str = "concat") -> Any:
    text = ONE.replace("LAYERS", str(layers)).replace("CONNECT", rule)
    return check_text(text.replace("AGGREGATE", aggregate))


def json_of(*words: str | Path) -> Any:
    ran = archdsl("diff", *words, "--json")
    assert ran.code == 0
    return json.loads(ran.out)


def test_dense_to_sparse() -> None:
    """12 layers: 78 links become 37, all of them kept ones."""
    found = json_of(DENSE, SPARSE, "--set", "depth=76", "--set", "growth=12")
    stage = next(part for part in found["parts"] if part["name"] == "stages.0")
    assert stage["status"] == "changed"
    assert stage["changes"]["rule"] == {"before": "full", "after": "exponential 2"}
    assert "unit" not in stage["changes"]
    links = stage["links"]
    assert (links["before"], links["after"], links["added"], links["removed"]) == (78, 37, 0, 41)
    sixth = {"layer": 6, "before": 6, "after": 6, "added": [], "removed": [0, 1, 3]}
    assert sixth in links["layers"]
    assert links["exit"] == {"added": [], "removed": [0, 1, 2, 3, 4, 6, 7, 8, 10]}


def test_totals_are_those_of_the_reports() -> None:
    found = json_of(SPARSE, "--set", "depth=40", "--to", "depth=100")
    for side, depth in (("before", 40), ("after", 100)):
        report = analyse(lower(load(SPARSE, {"depth": depth}))).as_dict()
        for name, values in found["totals"].items():
            if name.startswith("activation_bytes"):
                assert values[side] == report["activation_bytes"][name.split("_")[-1]]
            else:
                assert values[side] == report[name]
        parts = {part["name"]: part for part in report["parts"]}
        for part in found["parts"]:
            for name in {"parameters", "macs"} & part["changes"].keys():
                assert part["changes"][name][side] == parts[part["name"]][name]


@given(st.sampled_from(RULES), st.sampled_from(RULES), st.integers(1, 20), st.integers(1, 20))
def test_links_added_and_removed_are_set_differences(a: str, b: str, n: int, m: int) -> None:
    stages = [one(rule, depth).graph.stages[0] for rule, depth in ((a, n), (b, m))]
    sets = [
        {(source, layer) for layer in range(1, s.depth + 1) for source in s.sources(layer)}
        for s in stages
    ]
    found = link_diff(stages[0], stages[1], align(["unit"] * n, ["unit"] * m))
    assert found.layers is not None
    assert {(s, x.after) for x in found.layers for s in x.added} == sets[1] - sets[0]
    assert {(s, x.before) for x in found.layers for s in x.removed} == sets[0] - sets[1]
    assert (found.before, found.after) == tuple(map(len, sets))
    assert found.after - found.before == (found.added or 0) - (found.removed or 0)


def test_the_same_network_does_not_differ() -> None:
    ran = archdsl("diff", SPARSE, SPARSE, "--exit-code")
    assert ran.code == 0
    assert ran.out.endswith("no difference\n")
    assert json_of(SPARSE, SPARSE)["same"] is True


def test_exit_code_is_asked_for() -> None:
    words: list[str | Path] = ["diff", SPARSE, "--to", "base=3"]
    assert archdsl(*words).code == 0
    assert archdsl(*words, "--exit-code").code == 1


def test_stages_that_only_one_has() -> None:
    spec = SPECS / "densenet-imagenet.yaml"
    words = ["--set", "layers=[6, 12, 24, 16]", "--to", "layers=[6, 12, 24]"]
    found = {part["name"]: part["status"] for part in json_of(spec, *words)["parts"]}
    assert found["stages.3"] == found["between.2"] == "removed"
    assert found["stages.0"] == "same"
    assert found["head"] == "same"  # both end with 1,024 channels
    longer = ["--set", "layers=[6, 12, 24]", "--to", "layers=[6, 12, 24, 16]"]
    back = {part["name"]: part["status"] for part in json_of(spec, *longer)["parts"]}
    assert back["stages.3"] == "added"


def test_units_and_transitions_are_told() -> None:
    said = archdsl("diff", DENSE, "--set", "depth=40", "--to", "growth=16").out
    assert "- norm, relu, conv 1x1 to 48, norm, relu, conv 3x3 to 12" in said
    assert "+ norm, relu, conv 1x1 to 64, norm, relu, conv 3x3 to 16" in said
    assert "widths       - 12 x 6" in said
    assert "+ 16 x 6" in said


@pytest.mark.parametrize("other", sorted(SPECS.glob("*.yaml")))
def test_text_keeps_to_80_columns(other: Path) -> None:
    ran = archdsl("diff", SPARSE, other)
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "\x1b" not in ran.out


def test_too_many_links_are_counted_and_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "MOST", 100)
    found = difference(("a", "b"), one("full", 20), one("plain", 20))
    (part,) = (part for part in found.parts if part.links)
    assert part.links
    assert (part.links.before, part.links.after, part.links.added) == (210, 20, None)
    assert part.links.changed
    assert "links are too many to be told apart" in text(found)
    (made,) = (p["links"] for p in found.as_dict()["parts"] if "links" in p)
    assert made["layers"] is None


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([SPARSE], 2, "there is nothing to compare"),
        ([SPARSE, "none.yaml"], 2, "A401"),
        ([SPARSE, "--to", "dpth=1"], 1, "A114"),
        ([SPARSE, "--to", "depth=40", "-o", "x.jpg"], 2, "`.jpg` is not a supported file format"),
        ([SPARSE, "--to", "depth=40", "-o", SPARSE.with_suffix(".none")], 2, "A414"),
    ],
)
def test_refusals(words: list[str | Path], code: int, said: str) -> None:
    ran = archdsl("diff", *words)
    assert ran.code == code
    assert said in ran.err
    assert "Traceback" not in ran.err


def colours(made: Any) -> dict[str, set[tuple[str, str]]]:
    graph = pygraphviz.AGraph(string=dot(made))
    found: dict[str, set[tuple[str, str]]] = {}
    for a, b, *_ in graph.edges():
        if FRONT not in {a, b} and a != b:
            found.setdefault(graph.get_edge(a, b).attr["color"], set()).add((a, b))
    return found


def test_the_picture_has_the_links_in_their_colours() -> None:
    made = scene(difference(("a", "b"), one(RULES[2], 12), one(RULES[3], 12)))
    found = colours(made)
    sets = [{(s, n) for n in range(1, 13) for s in _powers(n, base)} for base in (2, 3)]
    named = [{(f"stages.0.{s}", f"stages.0.{n}") for s, n in links} for links in sets]
    assert found[ADDED.stroke] == named[1] - named[0]
    assert found[REMOVED.stroke] == named[0] - named[1]
    texts = {text.text for text in made.texts}
    assert {"added", "removed", "kept"} <= texts


def _powers(layer: int, base: int) -> list[int]:
    return [layer - base**k for k in range(layer) if base**k <= layer]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (one("full", 12), one(RULES[2], 12)),
        (one(RULES[2], 8), one(RULES[2], 20)),
        (one("full", 40), one("full", 400)),
        (check(load(SPECS / "fractalnet-cifar.yaml")), check(load(SPARSE))),
    ],
)
def test_nothing_collides_in_the_picture(a: Any, b: Any) -> None:
    assert_clear(scene(difference(("before", "after"), a, b)), "diff")
    assert_clear(scene(difference(("after", "before"), b, a)), "diff")


def test_a_deep_stage_is_drawn_around_its_first_change() -> None:
    made = scene(difference(("a", "b"), one("full", 300), one("full", 400)))
    names = {box.label for box in made.boxes if box.label}
    assert {"F300", "F301"} <= names
    assert len(names) == 25


@pytest.mark.parametrize("form", ["svg", "png", "pdf", "dot"])
def test_the_picture_is_written(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"diff.{form}"
    ran = archdsl("diff", DENSE, SPARSE, "-o", path)
    assert ran.out.endswith(f"wrote  {path}\n")
    assert archdsl("diff", DENSE, SPARSE, "-o", path).out.endswith(f"unchanged  {path}\n")
