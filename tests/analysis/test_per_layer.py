"""The cost of each layer adds up to that of the network, and edges are the links of the stages."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings

from archdsl.analysis import analyse
from archdsl.analysis.edges import count, edges
from archdsl.analysis.parameters import state_shapes
from archdsl.analysis.per_layer import per_layer
from archdsl.analysis.shapes import trace
from archdsl.frontend.load import load, parse
from archdsl.ir.graph import Graph
from archdsl.lowering import lower
from strategies import Case, specs

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))


def check(graph: Graph) -> None:
    report, costs, links = analyse(graph), list(per_layer(graph)), list(edges(graph))
    assert sum(cost.parameters for cost in costs) == report.parameters
    assert sum(cost.macs for cost in costs) == report.macs
    assert len(links) == count(graph) == report.links + report.exit_links
    for stage in graph.stages:
        read = Counter((edge.reader, edge.writer) for edge in links if edge.stage == stage.index)
        assert max(read.values()) == 1
        for layer in range(1, stage.depth + 1):
            sources = [edge.writer for edge in links
                       if (edge.stage, edge.reader) == (stage.index, layer)]  # fmt: skip
            assert tuple(sources) == stage.sources(layer)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_shipped_networks(path: Path) -> None:
    graph = lower(load(path)).graph
    check(graph)
    names = {name.rpartition(".")[0] for name in state_shapes(graph)}
    for cost in per_layer(graph):
        if cost.parameters and "(" not in cost.layer:  # a block has modules inside
            assert cost.name in names or any(name.startswith(cost.name) for name in names)


@settings(max_examples=40)
@given(specs())
def test_any_network(case: Case) -> None:
    check(lower(parse(case.text, case.settings)).graph)


def test_channels_of_a_concatenation_fill_the_input_of_the_reader() -> None:
    graph = lower(load(SPECS[0].parent / "sparsenet-cifar.yaml", {"depth": 40})).graph
    shapes, links = trace(graph), list(edges(graph))
    for stage in graph.stages:
        for layer in range(1, stage.depth + 1):
            end = 0
            for edge in links:
                if (edge.stage, edge.reader) == (stage.index, layer):
                    assert edge.first_channel == end
                    end += edge.channels
            assert end == shapes[stage.reads[layer - 1]][-1][0]


def test_a_sum_has_no_channels_of_one_output() -> None:
    graph = lower(load(SPECS[0].parent / "resnet-basic-cifar.yaml")).graph
    several = [edge for edge in edges(graph) if edge.reader > 1]
    assert {edge.first_channel for edge in several} == {None}
