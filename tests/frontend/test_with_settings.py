"""A spec with other settings is what loading it with these settings gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from archdsl import Rule
from archdsl.apps.search.reconcile import reconcile
from archdsl.apps.search.solve import Budget, solve
from archdsl.errors import ArchdslError, Diagnostic
from archdsl.frontend.load import Spec, load, parse
from archdsl.lowering import lower

SPECS = Path(__file__).parents[2] / "specs"
SPARSE = SPECS / "sparsenet-bc-cifar.yaml"
THIRD = """archdsl: 1
name: third
params: {rate: 0, unused: 1, block: basic | preact, depth: 3}
input: [3, 8, 8]
stages:
  count: 1
  layers: depth
  unit: [{conv: {width: 9 * rate + 4}}]
  connect: full
  aggregate: concat
"""


class Nearest(Rule):
    """Each layer reads the output before it."""

    rule: Literal["nearest-one"]

    def reads(self, layer: int) -> tuple[int, ...]:
        return (layer - 1,)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"depth": 40},
        {"depth": "40", "growth": [8, 16, 32]},
        {"growth": "[8, 16, 32]", "base": "1 + 1"},
        {"dropout": 0.1},
    ],
)
def test_it_is_what_loading_gives(settings: dict[str, Any]) -> None:
    loaded, changed = load(SPARSE, settings), load(SPARSE).with_settings(settings)
    assert changed == loaded
    assert changed.sha256 == loaded.sha256
    assert changed.notes == loaded.notes
    assert lower(changed).graph == lower(loaded).graph


def test_settings_are_kept_and_may_be_set_again() -> None:
    first = load(SPARSE, {"depth": 40, "growth": 12})
    again = first.with_settings({"growth": 36, "base": 3})
    assert again == load(SPARSE, {"depth": 40, "growth": 36, "base": 3})
    assert first == load(SPARSE, {"depth": 40, "growth": 12})


def test_an_exact_fraction_is_kept_when_another_parameter_is_set() -> None:
    changed = parse(THIRD, {"rate": "1 / 3"}).with_settings({"depth": 4})
    loaded = parse(THIRD, {"rate": "1 / 3", "depth": 4})
    assert changed == loaded
    assert changed.parameters == loaded.parameters
    assert changed.notes == loaded.notes != ()


@pytest.mark.parametrize(
    "settings",
    [{"dpth": 40}, {"depth": "x +"}, {"depth": None}, {"base": 1.5, "growth": -3}, {"depth": [1]}],
)
def test_mistakes_are_those_of_loading(settings: dict[str, Any]) -> None:
    def mistakes(spec: Any) -> tuple[Diagnostic, ...]:
        with pytest.raises(ArchdslError) as caught:
            lower(spec())
        return caught.value.diagnostics

    loaded = mistakes(lambda: load(SPARSE, settings))
    assert mistakes(lambda: load(SPARSE).with_settings(settings)) == loaded


def custom() -> Spec:
    """A spec that uses a rule of its own, by a word that the language lacks."""
    return parse(THIRD.replace("full", "nearest-one"), extend=[Nearest])


def test_custom_words_are_kept() -> None:
    changed = custom().with_settings({"depth": 5})
    assert lower(changed).graph.stages[0].depth == 5
    values = {**changed.document.root, "name": "other"}
    assert changed.with_values(values, {"rate": 1}).settings == {"depth": 5, "rate": 1}


def test_solve_and_reconcile_keep_custom_words() -> None:
    assert solve(custom(), "depth", Budget("parameters", 2_000)).nearest.count > 1_000
    assert reconcile(custom(), "999", most=20).counted == 20
