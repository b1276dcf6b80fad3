"""How a stage stores its outputs: in one tensor only where that copies less."""

from __future__ import annotations

import pytest

from archdsl.analysis.shapes import shapes
from archdsl.api import check_text
from archdsl.passes import pipeline, strategy

TOP = "archdsl: 2\nname: net\ninput: [3, 8, 8]\nstem: [{conv: 4}]\n"


def strategies(stages: str) -> list[str]:
    graph = pipeline.run(check_text(f"{TOP}stages:\n{stages}").graph)
    return strategy.strategies(graph, shapes(graph))


def stage(connect: str, layers: int = 5, more: str = "") -> str:
    unit = f"layers: {layers}, unit: [{{conv: 4}}]"
    return f"  - {{{unit}, connect: {connect}, aggregate: concat{more}}}\n"


@pytest.mark.parametrize(
    ("connect", "expected"),
    [
        ("full", "buffer"),
        ("{rule: window, last: 3}", "list"),  # newest first
        ("exponential", "list"),
        ("harmonic", "list"),
        ("entry", "list"),
    ],
)
def test_outputs_share_a_tensor_where_neighbours_are_read(connect: str, expected: str) -> None:
    assert strategies(stage(connect, more=", exit: {connect: every}")) == [expected]


def test_a_slice_at_the_exit_saves_no_more_than_writing_the_outputs_costs() -> None:
    assert strategies(stage("exponential", more=", exit: all")) == ["list"]
    assert strategies(stage("full", layers=1)) == ["list"]
    assert strategies(stage("full", layers=2)) == ["buffer"]


def test_stages_of_one_network_are_stored_alike() -> None:
    """They can then share a class, whatever their numbers of layers."""
    assert strategies(stage("full", layers=1) + stage("full", layers=4)) == ["buffer", "buffer"]
