"""What the page shows: counts, picture and code of the commands; errors as plain values."""

from __future__ import annotations

import pytest

import archdsl
from archdsl.apps.explorer.look import look
from archdsl.lowering.limits import Limits
from cli.commands import SMALL, SPECS

pytest.importorskip("pygraphviz", reason="Graphviz is not installed")

TEXT = (SPECS / "sparsenet-bc-cifar.yaml").read_text("utf-8")


def test_a_spec_is_drawn_counted_and_compiled() -> None:
    seen = look(TEXT, {"depth": "40"})
    spec = archdsl.load(SPECS / "sparsenet-bc-cifar.yaml", {"depth": 40})
    assert seen.name == spec.name
    assert seen.code == archdsl.emit(spec)
    assert seen.picture == archdsl.picture(spec).content.decode()
    assert dict(seen.counts)["parameters"] == "503,812"
    assert seen.diagnostics == ()


def test_parameters_have_the_defaults_of_the_spec() -> None:
    parameters = look(TEXT, {"depth": "40"}).parameters
    assert parameters is not None
    assert (parameters["depth"], parameters["stem"]) == ("100", '"2 * first(growth)"')


def test_settings_that_the_spec_does_not_have_are_ignored() -> None:
    assert look(SMALL, {"depth": "40"}) == look(SMALL, {})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (SMALL.replace("full", "ful"), "A105"),
        (SMALL.replace("layers: 4", "layers: 400000000"), "A301"),
        ("", "A011"),
        ("a: [", "A000"),
    ],
)
def test_errors_are_part_of_the_page(text: str, code: str) -> None:
    seen = look(text, {})
    assert [finding["code"] for finding in seen.diagnostics][:1] == [code]
    assert (seen.code, seen.picture, seen.counts) == ("", "", ())


def test_an_error_of_a_setting_keeps_the_parameters() -> None:
    seen = look(TEXT, {"depth": "x"})
    assert seen.diagnostics
    assert seen.parameters is not None
    assert "depth" in seen.parameters


def test_limits_hold() -> None:
    assert look(SMALL, {}, limits=Limits(layers=2)).diagnostics[0]["code"] == "A301"


def test_a_view_that_cannot_be_drawn_is_a_finding_beside_the_rest() -> None:
    seen = look(SMALL, {}, view="cubist")
    assert [finding["code"] for finding in seen.diagnostics] == ["A414"]
    assert seen.code
