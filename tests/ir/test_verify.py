"""Each invariant of a graph, broken on purpose, is the one that is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from archdsl.api import check_text
from archdsl.ir.graph import Graph, Node
from archdsl.ir.ops import Aggregate, Chain, Conv, Input, Linear, Norm
from archdsl.ir.verify import InvariantError, verify
from archdsl.language.aggregations import Mean, Running, Sum
from archdsl.passes import pipeline
from archdsl.passes.compact import compact
from archdsl.passes.place import place
from strategies import Case, specs

SPEC = """
archdsl: 1
name: net
input: [3, 8, 8]
stem: [{conv: {width: 4, kernel: 3}}]
stages:
  count: 1
  layers: 3
  unit: {kind: basic, order: pre, width: 4}
  connect: KIND
  aggregate: JOIN
between: [relu]
head: [norm, {pool: {to: 1}}, flatten, {linear: {width: 5}}]
"""


def made(connect: str = "full", aggregate: str = "concat", version: int = 1) -> Graph:
    text = SPEC.replace("archdsl: 1", f"archdsl: {version}")
    return check_text(text.replace("KIND", connect).replace("JOIN", aggregate)).graph


def with_node(graph: Graph, at: str, /, **changes: Any) -> Graph:
    """The graph with one node changed, whatever it is named then."""
    nodes = {**graph.nodes, at: replace(graph[at], **changes)}
    return replace(graph, nodes=nodes)


def reordered(graph: Graph, order: list[str]) -> Graph:
    return replace(graph, nodes={name: graph[name] for name in order})


def changed_chain(name: str, layers: Mapping[int, Any]) -> Graph:
    """The graph with some layers of a chain replaced."""
    graph = made()
    chain = graph[name].op
    assert isinstance(chain, Chain)
    kept = [layers.get(place, layer) for place, layer in enumerate(chain.layers)]
    return with_node(graph, name, op=replace(chain, layers=tuple(kept)))


def with_stage(graph: Graph, **changes: Any) -> Graph:
    return replace(graph, stages=(replace(graph.stages[0], **changes),))


def twice_owned() -> Graph:
    graph = made()
    chain = graph["stages.0.layers.1"].op
    assert isinstance(chain, Chain)
    return with_node(graph, "stages.0.layers.1", op=replace(chain, scope="stages.0.layers.0"))


def folded(*scopes: str) -> Graph:
    """A graph whose layers fold, and other scopes for the outputs that the third one reads."""
    graph = made("{rule: window, last: 3}", "{kind: streams, count: 2}", 2)
    op = graph["stages.0.join.2"].op
    assert isinstance(op, Aggregate)
    assert op.scopes == ("stages.0.joins.0", "stages.0.joins.1")
    own = tuple(f"stages.0.{scope}" for scope in scopes)
    return with_node(graph, "stages.0.join.2", op=replace(op, scopes=own))


def placed(connect: str, **changes: Any) -> Graph:
    """A graph whose stage is placed, and that placement changed."""
    graph = place(made(connect))
    plan = graph.stages[0].placement
    assert plan is not None
    return with_stage(graph, placement=replace(plan, **changes))


def moved(connect: str, *places: int) -> Graph:
    """A placed graph whose outputs live elsewhere, and are gathered from there."""
    stage = placed(connect, places=places).stages[0]
    assert stage.placement is not None
    return placed(
        connect, places=places, gathers=tuple(map(stage.placement.reads, stage.all_sources()))
    )


ORDER = list(made().nodes)
FIRST = ("stem", "stages.0.layers.0")

BROKEN: dict[str, tuple[str, Graph]] = {
    "a node under another name": ("I1", with_node(made(), "stem", name="root")),
    "a reader before what it reads": ("I2", reordered(made(), [*ORDER[:-2], ORDER[-1], ORDER[-2]])),
    "a source that is not there": (
        "I2",
        reordered(made(), [name for name in ORDER if name != "stages.0.layers.1"]),
    ),
    "a cycle": ("I2", with_node(made(), "stem", inputs=("head",))),
    "two inputs": ("I3", with_node(made(), "stem", op=Input((4, 8, 8)), inputs=())),
    "no input": ("I3", with_node(made(), "input", op=Chain("input", ()))),
    "an output that is not there": ("I3", replace(made(), output="tail")),
    "an aggregate of one": ("I4", with_node(made(), "stages.0.join.1", inputs=("stem",))),
    "an aggregate of none": ("I4", with_node(made(), "stages.0.join.1", inputs=())),
    "a chain of two": ("I4", with_node(made(), "head", inputs=("stages.0.exit", "stem"))),
    "maps of two sizes": ("I5", changed_chain("stages.0.layers.0", {2: Conv("conv", 4, 4, 3)})),
    "a window that does not fit": ("I5", changed_chain("stem", {0: Conv("conv", 3, 4, 9)})),
    "a sum of two widths": (
        "I5",
        with_node(made(), "stages.0.join.2", op=Aggregate(Sum(kind="sum"))),
    ),
    "a convolution of other channels": ("I5", changed_chain("stem", {0: Conv("conv", 5, 4, 1)})),
    "a norm of other channels": ("I5", changed_chain("stages.0.layers.0", {0: Norm("norm", 5)})),
    "a linear layer of other features": ("I5", changed_chain("head", {3: Linear("linear", 4, 5)})),
    "weights owned twice": ("I6", twice_owned()),
    "an output folded with the weights of another": ("I6", folded("joins.0", "joins.0")),
    "an output folded with no weights": ("I6", folded("joins.0")),
    "an output folded with the weights of a layer": ("I6", folded("joins.0", "layers.0")),
    "names alike in one chain": (
        "I6",
        changed_chain("stages.0.layers.0", {1: Norm("norm", 4)}),
    ),
    "another output read": (
        "I7",
        with_node(made("exponential"), "stages.0.join.2", inputs=("stem", "stages.0.layers.0")),
    ),
    "the same outputs in another order": (
        "I7",
        with_node(made(), "stages.0.join.1", inputs=tuple(reversed(FIRST))),
    ),
    "an exit of other outputs": (
        "I7",
        with_node(made("full", "sum"), "stages.0.exit", inputs=FIRST),
    ),
    "a layer that reads something else": (
        "I7",
        with_node(made("full", "sum"), "stages.0.layers.1", inputs=("stem",)),
    ),
    "a layer of a running stage that reads something else": (
        "I7",
        with_node(made("full", "running"), "stages.0.layers.2", inputs=("stem",)),
    ),
    "another operator": (
        "I7",
        with_node(made("full", "sum"), "stages.0.join.1", op=Aggregate(Mean(kind="mean"))),
    ),
    "an output too few": ("I7", with_stage(made(), outputs=made().stages[0].outputs[:-1])),
    "a read too few": ("I7", with_stage(made(), reads=made().stages[0].reads[:-1])),
    "a layer that reads another's aggregate": (
        "I7",
        with_stage(made(), reads=("stem", "stem", "stages.0.join.2")),
    ),
    "an output over what its own layer reads later": ("I8", moved("exponential", 0, 0, 4, 8)),
    "an output over a part of what is read later": ("I8", moved("full", 0, 4, 2, 8)),
    "outputs elsewhere than they are gathered": ("I8", placed("full", places=(0, 8, 4, 12))),
    "neighbours gathered one by one": (
        "I8",
        placed("full", gathers=(((0, 4),), ((0, 4), (4, 8)), ((0, 12),), ((0, 16),))),
    ),
}
"""What is done, and the invariant that it breaks; nothing that is checked earlier breaks."""


@pytest.mark.parametrize("name", BROKEN)
def test_the_broken_invariant_is_named(name: str) -> None:
    rule, graph = BROKEN[name]
    with pytest.raises(InvariantError) as raised:
        verify(graph)
    assert raised.value.rule == rule
    assert str(raised.value).startswith(f"invariant {rule}: ")


def test_every_invariant_is_broken_here() -> None:
    assert {rule for rule, _ in BROKEN.values()} == {f"I{number}" for number in range(1, 9)}


@given(specs())
def test_lowered_and_compacted_graphs_are_sound(case: Case) -> None:
    graph = check_text(case.text, case.settings).graph
    assert verify(graph) is graph
    assert verify(compact(graph)) == pipeline.run(graph)


def test_the_pipeline_stops_a_pass_that_breaks_something() -> None:
    def break_it(graph: Graph) -> Graph:
        return replace(graph, output="tail")

    with pytest.raises(InvariantError, match="invariant I3"):
        pipeline.run(made(), (break_it,))


def test_running_graphs_read_their_running_form() -> None:
    graph = made("full", "running")
    assert verify(graph) is graph
    node = graph["stages.0.join.2"]
    assert node == Node(
        "stages.0.join.2", Aggregate(Running(kind="running")),
        ("stages.0.join.1", "stages.0.layers.1"), node.origin,
    )  # fmt: skip
    with pytest.raises(InvariantError, match="invariant I7"):
        verify(with_node(graph, node.name, inputs=("stem", "stages.0.layers.1")))


@pytest.mark.parametrize("connect", ["full", "exponential", "plain"])
def test_the_networkx_graph_has_the_edges_of_the_inputs(connect: str) -> None:
    graph = made(connect)
    for node in graph:
        sources = {}
        for source, _, positions in graph.network.in_edges(node.name, data="positions"):
            sources.update(dict.fromkeys(positions, source))
        assert tuple(sources[place] for place in sorted(sources)) == node.inputs
    assert list(graph.network.nodes) == list(graph.nodes)
