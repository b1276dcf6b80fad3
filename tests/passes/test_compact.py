"""Compacting changes how a graph is written and nothing that it computes, and can be undone."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import torch
from hypothesis import given

from archdsl.analysis.parameters import state_shapes
from archdsl.api import check_text
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Aggregate
from archdsl.oracle.interpret import interpret
from archdsl.passes import pipeline
from archdsl.passes.compact import compact, explode
from backends.networks import REPRESENTATIVES, TOLERANCE, apart, inputs
from strategies import Case, specs


def graph_of(case: Case) -> Graph:
    return check_text(case.text, case.settings).graph


def reads(graph: Graph) -> int:
    """How many tensors all aggregates read together."""
    return sum(len(node.inputs) for node, _ in graph.aggregates())


def state_of(graph: Graph) -> dict[str, torch.Tensor]:
    """Random weights, and statistics that are not those of a fresh network."""
    return {name: _numbers(name, shape) for name, shape in state_shapes(graph).items()}


def _numbers(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    if name.endswith(".index"):  # channels in another order than that of a fresh network
        return torch.arange(shape[0]).flip(0)
    return torch.rand(shape, dtype=torch.float64) + 0.5 if shape else torch.tensor(0)


@given(specs())
def test_the_answer_stays(case: Case) -> None:
    graph = graph_of(case)
    compacted = compact(graph)
    state, x = state_of(graph), inputs(graph)
    for training in (False, True):
        found, wanted = (interpreted(one, dict(state), x, training) for one in (compacted, graph))
        assert apart(found, wanted) <= TOLERANCE


def interpreted(
    graph: Graph, state: dict[str, torch.Tensor], x: torch.Tensor, training: bool
) -> torch.Tensor:
    torch.manual_seed(4)
    copied = {name: value.clone() for name, value in state.items()}
    return interpret(graph, copied, x, training=training)


@given(specs())
def test_it_can_be_undone_and_repeated(case: Case) -> None:
    graph = graph_of(case)
    compacted = compact(graph)
    assert explode(graph) is graph
    assert explode(compacted) == graph
    assert compact(explode(compacted)) == compacted
    assert compact(compacted) is compacted
    assert pipeline.run(graph) == compacted


@given(specs())
def test_only_what_aggregates_read_changes(case: Case) -> None:
    graph = graph_of(case)
    compacted = compact(graph)
    assert list(compacted.nodes) == list(graph.nodes)
    assert (compacted.stages, compacted.output) == (graph.stages, graph.output)
    for old, new in zip(graph, compacted, strict=True):
        assert old.op == new.op
        if old.inputs != new.inputs:
            assert isinstance(old.op, Aggregate)
            assert old.op.operator.associative
            assert len(new.inputs) == 2 < len(old.inputs)
    assert (compacted is graph) == (reads(compacted) == reads(graph))


CHANGING = {"concat full"}


@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_what_cannot_be_compacted_is_the_graph_itself(name: str) -> None:
    graph = check_text(REPRESENTATIVES[name]).graph
    assert (compact(graph) is graph) == (name not in CHANGING)


def ends(names: Iterable[str]) -> list[str]:
    return [name.split(".")[-1] for name in names]


def test_full_rules_become_running_aggregates() -> None:
    graph = compact(check_text(REPRESENTATIVES["concat full"]).graph)
    assert graph["stages.0.join.2"].inputs == ("stages.0.join.1", "stages.0.layers.1")
    assert graph["stages.0.exit"].inputs == ("stages.0.join.2", "stages.0.layers.2")


def test_an_aggregate_that_leaves_a_stage_is_an_output_of_its_own() -> None:
    """The next stage starts from it: exploding must not reach through it."""
    text = """
archdsl: 1
name: net
input: [3, 8, 8]
stages: {count: 2, layers: 3, unit: [relu], connect: full, aggregate: concat}
"""
    graph = check_text(text).graph
    compacted = compact(graph)
    assert compacted["stages.1.join.1"].inputs == ("stages.0.exit", "stages.1.layers.0")
    assert explode(compacted) == graph
