"""Layers, rules and aggregations are open sets: only the files that define a kind know it."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl.language import rules
from closed_sets import AGGREGATIONS, LAYERS, ROOT, RULES, closed


def test_no_place_knows_a_single_layer() -> None:
    assert list(closed(ROOT, LAYERS)) == []


def test_no_place_knows_a_single_aggregation() -> None:
    assert list(closed(ROOT, AGGREGATIONS)) == []


def test_no_place_knows_a_single_rule() -> None:
    assert list(closed(ROOT, RULES)) == []
    assert {rule.__name__ for rule in rules.RULES} == RULES


@pytest.mark.parametrize(
    "text",
    [
        "isinstance(layer, Conv | Linear)",
        "issubclass(kind, ops.Norm)",
        "table = {ops.Conv: 1}",
        "match layer:\n    case Conv(kernel=1):\n        pass",
        "match layers:\n    case [ops.Norm(), *_]:\n        pass",
    ],
)
def test_every_form_is_counted(tmp_path: Path, text: str) -> None:
    (tmp_path / "archdsl").mkdir()
    (tmp_path / "archdsl" / "some.py").write_text(text, encoding="utf-8")
    assert list(closed(tmp_path, LAYERS)) == ["archdsl/some.py:1"]


def test_classes_of_torch_are_not_counted(tmp_path: Path) -> None:
    (tmp_path / "archdsl").mkdir()
    (tmp_path / "archdsl" / "some.py").write_text("isinstance(module, nn.Linear)", "utf-8")
    assert list(closed(tmp_path, LAYERS)) == []
