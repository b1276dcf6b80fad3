"""The rule `random`: its graphs are fixed, are those of their models, and make a stage."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.analysis.prove import prove
from archdsl.api import check_text
from archdsl.errors import ArchdslError
from archdsl.language.rules import Random
from archdsl.language.rules.random_graphs import barabasi_albert, erdos_renyi, watts_strogatz

NODES, SEEDS = 32, range(300)
SPEC = """
archdsl: 2
name: wired
input: [3, 16, 16]
stem: [{conv: {width: 4}}]
stages:
  count: 2
  unit: [relu, {conv: {width: 4, groups: 4}}, {conv: {width: 4, kernel: 1}}, norm]
  connect: {rule: random, RULE, seed: [1, 2]}
  aggregate: {kind: weighted, normalise: sigmoid, init: zero}
  exit: {aggregate: mean}
  stride: 2
head: [{pool: {to: 1}}, flatten, {linear: 5}]
"""


def rule(**numbers: Any) -> Random:
    return Random(rule="random", **numbers)


WS = [(0, 3), (0, 4), (1, 3), (2, 3), (2, 5), (4, 5)]
ER = [(0, 1), (0, 4), (1, 5), (2, 3), (3, 5)]
BA = [(0, 2), (1, 2), (1, 3), (1, 5), (2, 3), (2, 4), (2, 5), (3, 4)]


def test_graphs_never_change() -> None:
    """These edges are part of the language: a change is another network under the same spec."""
    assert sorted(watts_strogatz(6, 2, 0.75, 1)) == WS
    assert sorted(erdos_renyi(6, 0.4, 1)) == ER
    assert sorted(barabasi_albert(6, 2, 1)) == BA


def attached(nodes: int, edges: int, seed: int) -> nx.Graph:
    """networkx' graph from the published start: `edges` nodes, and one with an edge to each."""
    start = nx.Graph((edges, old) for old in range(edges))
    return nx.barabasi_albert_graph(nodes, edges, seed=seed, initial_graph=start)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            lambda seed: watts_strogatz(NODES, 4, 0.75, seed),
            lambda seed: nx.watts_strogatz_graph(NODES, 4, 0.75, seed=seed),
        ),
        (
            lambda seed: erdos_renyi(NODES, 0.2, seed),
            lambda seed: nx.gnp_random_graph(NODES, 0.2, seed=seed),
        ),
        (
            lambda seed: barabasi_albert(NODES, 5, seed),
            lambda seed: attached(NODES, 5, seed),
        ),
    ],
    ids=["ws", "er", "ba"],
)
def test_graphs_are_distributed_as_those_of_networkx(
    ours: Callable[[int], set[tuple[int, int]]], theirs: Callable[[int], nx.Graph]
) -> None:
    """Means over 300 seeds of what tells the models apart."""
    graphs = [nx.empty_graph(NODES) for _ in SEEDS]
    for graph, seed in zip(graphs, SEEDS, strict=True):
        graph.add_edges_from(ours(seed))
    other = [theirs(seed) for seed in SEEDS]
    for quantity, tolerance in (
        (lambda graph: graph.number_of_edges(), 0.02),
        (lambda graph: max(dict(graph.degree).values()), 0.03),
        (lambda graph: min(dict(graph.degree).values()), 0.08),
        (nx.transitivity, 0.08),
        (lambda graph: mean(high - low for low, high in map(sorted, graph.edges)), 0.03),
        (lambda graph: sum(all(v > u for v in graph[u]) for u in graph), 0.05),
    ):
        values = [mean(map(quantity, sample)) for sample in (graphs, other)]
        assert values[0] == pytest.approx(values[1], rel=tolerance)


@st.composite
def rules(draw: st.DrawFn) -> Random:
    nodes, seed = draw(st.integers(3, 40)), draw(st.integers(0, 10**15))
    model = draw(st.sampled_from(["ws", "er", "ba"]))
    numbers: dict[str, dict[str, Any]] = {
        "ws": {"k": 2 * draw(st.integers(1, (nodes - 1) // 2)), "p": draw(st.floats(0, 1))},
        "er": {"p": draw(st.floats(0, 1))},
        "ba": {"m": draw(st.integers(1, nodes - 1))},
    }
    return rule(model=model, nodes=nodes, seed=seed, **numbers[model])


@given(rules())
def test_every_node_is_reached_and_read(random: Random) -> None:
    assert random.problem(random.nodes) is None
    prove(random, random.nodes)
    read = {0}.union(*(random.reads(layer) for layer in range(1, random.nodes + 1)))
    assert read | set(random.exit_reads(random.nodes)) == set(range(random.nodes + 1))
    assert not read.intersection(random.exit_reads(random.nodes))


@given(rules())
def test_edges_are_as_many_as_the_model_says(random: Random) -> None:
    nodes, edges = random.nodes, len(random.edges())
    if random.model == "ws":
        assert edges == nodes * (random.k or 0) // 2
    if random.model == "ba":
        assert edges == (random.m or 0) * (nodes - (random.m or 0))
        assert random.links(nodes) == random.bound(nodes)


def test_layers_that_read_the_input_take_the_stride() -> None:
    checked = check_text(SPEC.replace("RULE", "model: ws, nodes: 16"))
    shapes = checked.graph.steps
    for stage, size in zip(checked.graph.stages, (8, 4), strict=True):
        assert {shapes[output][-1] for output in stage.outputs[1:]} == {(4, size, size)}


@pytest.mark.parametrize(
    ("numbers", "word"),
    [
        ("model: ws, nodes: 8, m: 2", "`m` is not a number of the model `ws`"),
        ("model: ws, nodes: 8, k: 3", "even"),
        ("model: ws, nodes: 4, k: 4", "less than the 4 nodes"),
        ("model: ba, nodes: 5", "less than the 5 nodes, not 5"),
    ],
)
def test_numbers_of_no_graph_are_refused(numbers: str, word: str) -> None:
    with pytest.raises(ArchdslError) as raised:
        check_text(SPEC.replace("RULE", numbers))
    (finding,) = raised.value.diagnostics
    assert (finding.code, finding.span.line if finding.span else 0) == ("A202", 9)
    assert word in finding.message
