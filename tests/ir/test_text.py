"""Graphs as text, as they are lowered and after `compact`; read them when they change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given

from archdsl.api import check_text
from archdsl.ir import text
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Activation, Conv, Dropout, Flatten, Layer, Linear, Norm, Pool, PoolTo
from archdsl.passes.compact import compact, explode
from archdsl.passes.place import place
from strategies import Case, specs

TOP = "archdsl: 1\nname: net\ninput: [3, 8, 8]\n"

GRAPHS = {
    "dense": f"""{TOP}
stem: [{{conv: {{width: 4, kernel: 3}}}}]
stages:
  count: 2
  layers: 3
  unit: {{kind: dense-bottleneck, order: pre, width: 2, dropout: 0.1}}
  connect: full
  aggregate: concat
between: {{kind: transition, width: incoming // 2}}
head: [norm, relu, {{pool: {{to: 1}}}}, flatten, {{linear: {{width: 5}}}}]
""",
    "sparse": f"""{TOP}
stages:
  count: 1
  layers: 5
  unit: {{kind: basic, order: post, width: 2, groups: 1, bias: true}}
  connect: exponential
  aggregate: concat
  exit: all
""",
    "residual": f"""{TOP}
stem: [{{conv: {{width: 4, kernel: 5, stride: 2}}}}, {{pool: {{kind: max, kernel: 2}}}}]
stages:
  count: 2
  layers: [2, 3]
  unit: {{kind: double, order: pre, inner: [4, 8]}}
  connect: full
  aggregate: sum
  entry: projection
  stride: [1, 2]
head: [norm, relu, flatten, {{linear: {{width: 3, bias: false}}}}]
""",
    "running": f"""{TOP}
stages:
  count: 1
  layers: 3
  unit: {{kind: basic, order: post, width: 3, final_relu: false}}
  connect: full
  aggregate: {{kind: running, activation: silu}}
  exit: last
""",
}


@pytest.mark.parametrize("name", GRAPHS)
def test_text_reads_as_before(name: str, golden: Callable[[str, str], None]) -> None:
    graph = check_text(GRAPHS[name]).graph
    compacted = compact(graph)
    golden(
        f"{name}.txt",
        f"{text.graph(graph)}\nafter compact:\n\n{text.graph(compacted)}"
        f"\nafter place:\n\n{text.graph(place(compacted))}",
    )


@given(specs())
def test_one_line_for_every_node(case: Case) -> None:
    graph = check_text(case.text, case.settings).graph
    said = text.graph(graph)
    lines = said.splitlines()
    assert len(lines) == len(graph.nodes) + len(graph.stages) + 2
    names = [line.split()[0] for line in lines if line.startswith("  ")]
    assert names == list(graph.nodes)
    assert said.isascii()


@given(specs())
def test_text_tells_graphs_apart(case: Case) -> None:
    """Equal graphs have equal texts; a pass that changed something shows."""
    graph = check_text(case.text, case.settings).graph
    compacted = compact(graph)
    assert (text.graph(compacted) == text.graph(graph)) == (compacted is graph)
    assert text.graph(explode(compacted)) == text.graph(graph)
    assert text.graph(renamed(graph)) != text.graph(graph)
    placed = place(compacted)
    assert (text.graph(placed) == text.graph(compacted)) == (placed == compacted)


def renamed(graph: Graph) -> Graph:
    return replace(graph, name=f"{graph.name}2")


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (Conv("conv", 3, 8, 1), "conv:3->8/k1"),
        (Conv("conv2", 3, 8, 3, 2, 1, 1, True), "conv2:3->8/k3s2p1b"),
        (Conv("conv", 8, 8, 3, 1, 1, 8), "conv:8->8/k3p1g8"),
        (Norm("norm1", 8), "norm1"),
        (Activation("gelu"), "gelu"),
        (Dropout(0.25), "dropout:0.25"),
        (Pool("max", 3, 2, 1), "max-pool/k3s2p1"),
        (Pool("average", 2, 2), "average-pool/k2"),
        (Pool("average", 3, 1, 1), "average-pool/k3s1p1"),
        (PoolTo("average", 1), "average-pool:1x1"),
        (Flatten(), "flatten"),
        (Linear("linear", 8, 5), "linear:8->5"),
        (Linear("linear", 8, 5, False), "linear:8->5/nobias"),
    ],
)
def test_layers_in_short(layer: Layer, said: str) -> None:
    assert layer.text() == said
