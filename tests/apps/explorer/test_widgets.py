"""`archdsl.explore`: its sliders change the picture and the counts."""

from __future__ import annotations

from typing import Any

import pytest

import archdsl
from archdsl.errors import ArchdslError
from cli.commands import SPECS

pytest.importorskip("ipywidgets", reason="ipywidgets is not installed")
pytest.importorskip("pygraphviz", reason="Graphviz is not installed")

SPEC = archdsl.load(SPECS / "sparsenet-bc-cifar.yaml", {"growth": 12})


def test_sliders_change_what_is_shown() -> None:
    box = archdsl.explore(SPEC, base=[2, 3], depth=range(22, 101, 6))
    bar, shown = box.children
    sliders = {slider.description: slider for slider in bar.children}
    assert {name: slider.value for name, slider in sliders.items()} == {"base": 2, "depth": 100}
    for depth in (40, 22):
        sliders["depth"].value = depth
        spec = archdsl.load(SPECS / "sparsenet-bc-cifar.yaml", {"growth": 12, "depth": depth})
        assert f"{archdsl.analyse(archdsl.lower(spec)).parameters:,}" in shown.value
        assert "<svg" in shown.value


def test_whole_numbers_get_sliders_of_their_own() -> None:
    (bar, _) = archdsl.explore(SPEC).children
    sliders = {slider.description: slider.options for slider in bar.children}
    assert sliders["base"] == (1, 2, 3, 4, 5, 6)
    assert "dropout" not in sliders


def test_an_error_is_shown_in_place_of_the_picture() -> None:
    bar, shown = archdsl.explore(SPEC, base=[2, 1]).children
    bar.children[0].value = 1
    assert "error[A" in shown.value
    assert "<svg" not in shown.value


@pytest.mark.parametrize("choices", [{"width": [1]}, {"base": []}])
def test_sliders_that_cannot_be_made(choices: dict[str, Any]) -> None:
    with pytest.raises(ArchdslError) as error:
        archdsl.explore(SPEC, **choices)
    assert error.value.diagnostics[0].code == "A414"
