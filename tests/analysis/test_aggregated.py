"""How many outputs layers are given, counted in the graph."""

from __future__ import annotations

import pytest
from analysis.networks import EVERY_KIND, network, published, stage

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


def test_deep_running_sums_need_no_recursion() -> None:
    graph = published("resnet-imagenet", layers=[3, 4, 1500, 3])
    assert most_aggregated(graph) == 1500
