"""How many outputs layers are given, counted in the graph."""

from __future__ import annotations

import pytest

from analysis.networks import EVERY_KIND, network, stage
from archdsl.analysis.aggregated import aggregated, most_aggregated


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_the_graph_has_what_the_rules_say(kind: str) -> None:
    graph = EVERY_KIND[kind]
    assert aggregated(graph) == tuple(
        tuple(len(stage.rule.reads(layer)) for layer in range(1, stage.depth + 1))
        for stage in graph.stages
    )


def test_a_running_sum_holds_all_before() -> None:
    assert aggregated(EVERY_KIND["running"]) == ((1, 2, 3), (1, 2, 3))


def test_an_exit_of_many_counts_as_one_entry() -> None:
    graph = network(stages=stage(count="2", exit="all", layers="[4, 2]"))
    assert aggregated(graph) == ((1, 2, 3, 4), (1, 2))
    assert most_aggregated(graph) == 4


def test_an_exit_that_a_layer_reads_too_counts_in_full_there() -> None:
    """The exit joins what layer 3 reads, and is y_0 of the next stage."""
    rows = "[[0], [1], [1, 0], [3], [1, 0]]"
    graph = network(
        stages=stage(count="2", layers="4", connect=f"{{rule: explicit, reads: {rows}}}")
    )
    assert graph.stages[0].exit == graph.stages[0].reads[2] == graph.stages[1].entry
    assert aggregated(graph) == ((1, 1, 2, 1),) * 2
