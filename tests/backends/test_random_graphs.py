"""Networks by the rule `random`: emitted, fused, verified and drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

import archdsl
from analysis.test_random_graphs import SPEC
from archdsl.api import check_text
from archdsl.apps.draw.choices import VIEWS
from archdsl.apps.draw.picture import scene
from archdsl.apps.draw.showing import subject
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, assert_laid_out, of_checked

WEIGHTED = "{kind: weighted, normalise: sigmoid, init: zero}"
CASES = {
    f"{model} {kind}": SPEC.replace("RULE", numbers).replace(WEIGHTED, aggregate)
    for model, numbers in (
        ("ws", "model: ws, nodes: 12"),
        ("er", "model: er, nodes: 9, p: 0.4"),
        ("ba", "model: ba, nodes: 10, m: 3"),
    )
    for kind, aggregate in (("weighted", WEIGHTED), ("sum", "sum"), ("attention", "attention"))
}
CASES["the exit joins as layers do"] = CASES["ws sum"].replace("  exit: {aggregate: mean}\n", "")
CASES["concatenated"] = CASES["ws sum"].replace("aggregate: sum", "aggregate: concat")


@pytest.mark.parametrize("name", CASES)
def test_equals_the_oracle(name: str) -> None:
    checked = check_text(CASES[name])
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, checked.graph, checked.report).problems == []
    fusions = compare_fused(archdsl.build(checked.spec, fuse=True), checked.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


@pytest.mark.parametrize("name", CASES)
def test_every_view_can_be_drawn(name: str) -> None:
    drawn = subject(check_text(CASES[name]))
    assert all(scene(drawn, view).texts for view in VIEWS)


def test_files_are_laid_out_as_ruff_would(tmp_path: Path) -> None:
    assert_laid_out(tmp_path, {name: check_text(text).emit() for name, text in CASES.items()})


def test_the_file_says_what_the_exit_reads() -> None:
    for name in ("ws weighted", "the exit joins as layers do"):
        assert "Returns the outputs that no layer reads, " in check_text(CASES[name]).emit()
