"""`archdsl compare`: settings of one spec, parameters that a spec lacks, and equal cost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archdsl.apps.search.counting import measure
from archdsl.apps.search.solve import Budget, solve
from archdsl.frontend.load import load
from archdsl.lowering.limits import Limits
from cli.commands import SMALL, SPECS, archdsl, written

SPARSE, DENSE = SPECS / "sparsenet-cifar.yaml", SPECS / "densenet-cifar.yaml"
RESNET = SPECS / "resnet-basic-cifar.yaml"


def settings(*words: str | Path) -> dict[str, dict[str, object]]:
    ran = archdsl("compare", *words, "--json")
    assert ran.code == 0, ran.err
    return {row["label"]: row["settings"] for row in json.loads(ran.out)["networks"]}


def test_a_prefix_sets_a_parameter_of_one_spec() -> None:
    sets = ["--set", "depth=40", "--set", "sparsenet-cifar.growth=22"]
    assert settings(SPARSE, DENSE, *sets) == {
        "sparsenet-cifar": {"depth": 40, "growth": 22},
        "densenet-cifar": {"depth": 40},
    }


def test_a_prefix_wins_over_a_setting_for_all() -> None:
    sets = ["--set", "growth=12", "--set", "sparsenet-cifar.growth=22"]
    assert settings(SPARSE, DENSE, *sets) == {
        "sparsenet-cifar": {"growth": 22},
        "densenet-cifar": {"growth": 12},
    }


def test_one_spec_is_varied() -> None:
    rows = settings(SPARSE, DENSE, "--vary", "sparsenet-cifar.growth=12,24")
    assert list(rows) == [
        "sparsenet-cifar growth=12",
        "sparsenet-cifar growth=24",
        "densenet-cifar",
    ]


def test_a_spec_without_the_parameter_is_compared_with_a_note() -> None:
    ran = archdsl("compare", SPARSE, RESNET, "--set", "growth=22", "--csv")
    assert ran.code == 0
    assert [line.split(",")[1] for line in ran.out.splitlines()[1:]] == ["growth=22", ""]
    assert f"note[A415]: {RESNET} has no parameter `growth`" in ran.err


def test_a_spec_without_the_varied_parameter_is_compared_once() -> None:
    rows = settings(SPARSE, RESNET, "--vary", "growth=12,22")
    assert rows == {
        "sparsenet-cifar growth=12": {"growth": 12},
        "sparsenet-cifar growth=22": {"growth": 22},
        "resnet-basic-cifar": {},
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "dpth=40"], "error[A114]: the spec has no parameter `dpth`"),
        (["--set", "resnet-basic-cifar.growth=9"], "error[A114]: the spec has no parameter"),
        (["--set", "sparsnet-cifar.growth=9"], "help: did you mean `sparsenet-cifar`?"),
        (["--set", "x.growth=9"], "help: specs: sparsenet-cifar, resnet-basic-cifar"),
        (["--like", SPARSE], "error[A414]: --like and --over go together"),
        (["--over", "width"], "error[A414]: --like and --over go together"),
        (["--like", SPARSE, "--over", "width", "--over", "depth"], "not `depth` and `width`"),
        (["--like", SPARSE, "--over", "growth"], "has no parameter `growth`"),
        (["--like", SPARSE, "--over", "width", "--vary", "depth=40,100"], "--like is one network"),
    ],
)
def test_refusals(words: list[str | Path], message: str) -> None:
    ran = archdsl("compare", SPARSE, RESNET, *words)
    assert ran.code in {1, 2}
    assert message in ran.err


def test_an_ambiguous_prefix_is_told_apart_by_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("one", "two"):
        Path(folder).mkdir()
        written(Path(folder), SMALL.replace("8}", "k}") + "params: {k: 8}\n")
    paths = ["one/small.yaml", "two/small.yaml"]
    ran = archdsl("compare", *paths, "--set", "small.k=4")
    assert ran.code == 2
    assert "error[A414]: `small` is the name of one/small.yaml and two/small.yaml" in ran.err
    assert "help: write one/small.k" in ran.err
    rows = settings(*paths, "--set", "two/small.k=4")
    assert [*rows.values()] == [{}, {"k": 4}]


def test_equal_cost_is_what_solve_finds() -> None:
    words: list[str | Path] = [
        "--like",
        DENSE,
        "--over",
        "growth",
        "--over",
        "resnet-basic-cifar.width",
        "--json",
    ]
    rows = json.loads(archdsl("compare", SPARSE, RESNET, *words).out)["networks"]
    assert [row["name"] for row in rows] == [
        "densenet-cifar", "sparsenet-cifar", "resnet-basic-cifar",
    ]  # fmt: skip
    budget = Budget("parameters", measure(load(DENSE), "parameters", Limits()))
    for row, path, over in zip(rows[1:], (SPARSE, RESNET), ("growth", "width"), strict=True):
        nearest = solve(load(path), over, budget).nearest
        assert row["settings"] == {over: nearest.setting}
        assert row["parameters"] == nearest.count
        assert row["of_budget"] == f"{nearest.ratio:.2%}"
    assert rows[0]["parameters"] == budget.amount
    assert rows[0]["of_budget"] == "100.00%"


def test_the_cost_may_be_another_quantity() -> None:
    words: list[str | Path] = [SPARSE, "--like", DENSE, "--over", "growth", "--by", "macs"]
    assert settings(*words)["sparsenet-cifar"] == {"growth": 32}


def test_a_network_that_cannot_be_solved_is_left_out(tmp_path: Path) -> None:
    small = written(tmp_path)
    ran = archdsl("compare", SPARSE, small, "--like", DENSE, "--over", "growth", "--json")
    assert ran.code == 1
    names = [row["name"] for row in json.loads(ran.out)["networks"]]
    assert names == ["densenet-cifar", "sparsenet-cifar"]
    assert "has no parameter `growth`" in ran.err
