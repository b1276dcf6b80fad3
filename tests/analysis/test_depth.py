"""Depth as papers count it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings

from analysis.networks import network, published, stage
from archdsl.analysis.depth import depth
from archdsl.frontend.load import parse
from archdsl.ir.graph import Graph, Node
from archdsl.ir.layers import Block
from archdsl.ir.ops import Chain, Layer
from archdsl.lowering import lower
from strategies import Case, specs


@pytest.mark.parametrize(
    ("name", "settings", "layers"),
    [
        ("densenet-bc-cifar", {"depth": 100}, 100),
        ("sparsenet-bc-cifar", {"depth": 100}, 100),
        ("densenet-cifar", {"depth": 40}, 40),
        ("resnet-preact-cifar", {"depth": 1001}, 1001),
        ("sparsenet-sum-cifar", {"depth": 110}, 110),
        ("resnet-imagenet", {}, 50),
        ("resnet-imagenet", {"block": "double", "layers": [2, 2, 2, 2]}, 18),
        ("densenet-imagenet", {}, 121),
    ],
)
def test_published_networks(name: str, settings: dict[str, Any], layers: int) -> None:
    assert depth(published(name, **settings)) == layers


def test_columns_of_a_fractal_stand_side_by_side() -> None:
    """Each block of three columns is four convolutions deep (Larsson et al. 2016)."""
    assert depth(published("fractalnet-cifar", columns=3)) == 5 * 4 + 1


def test_parallel_layers_are_not_added() -> None:
    rows = "[[0], [0], [0], [2, 1]]"
    side_by_side = stage(layers="4", connect=f"{{rule: explicit, reads: {rows}}}", exit="last")
    assert depth(network(stages=side_by_side)) == 1 + 2 + 1


UNREAD_FIRST_LAYER = stage(
    layers="2",
    unit="{kind: basic, order: post, width: 4}",
    connect="{rule: explicit, reads: [[0], [0]]}",
    entry="projection",
    exit="last",
    aggregate="sum",
)


def test_a_projection_does_not_count_even_on_the_longest_path() -> None:
    """Stem, the projection to 4 channels, the second layer and the classifier: 3, not 4."""
    graph = network(stages=UNREAD_FIRST_LAYER)
    assert graph.stages[0].projected
    assert depth(graph) == 1 + 1 + 1


def longest(graph: Graph) -> int:
    """The same count by networkx: the longest path whose edges weigh what they lead to."""
    network = graph.network.subgraph({graph.output} | nx.ancestors(graph.network, graph.output))
    shortcuts = {stage.outputs[0] for stage in graph.stages if stage.projected}
    weighted = nx.DiGraph()
    for source, target in network.edges:
        weighted.add_edge(source, target, weight=matrices(graph[target], shortcuts))
    return int(nx.dag_longest_path_length(weighted))


def matrices(node: Node, shortcuts: Collection[str]) -> int:
    """How many convolutions and fully connected layers a node has; 0 for what makes a shortcut."""
    if not isinstance(node.op, Chain) or node.name in shortcuts:
        return 0
    return sum(map(matrices_of, node.op.layers))


def matrices_of(layer: Layer) -> int:
    """How many a layer counts for: in a block those on its longest path, in a gate none."""
    if not isinstance(layer, Block):
        return int(hasattr(layer, "inputs"))
    if layer.operator.kind == "product":
        return 0
    inside = nx.DiGraph()
    for number, (reads, part) in enumerate(zip(layer.reads, layer.parts, strict=True), start=1):
        weight = sum(map(matrices_of, part))
        inside.add_edges_from(((source, number) for source in reads), weight=weight)
    inside.add_edges_from(((source, "exit") for source in layer.exit), weight=0)
    read = inside.subgraph({"exit"} | nx.ancestors(inside, "exit"))
    return int(nx.dag_longest_path_length(read))


@settings(max_examples=150)
@given(specs())
def test_any_network_is_as_deep_as_its_longest_path(case: Case) -> None:
    graph = lower(parse(case.text, case.settings)).graph
    assert depth(graph) == longest(graph)
