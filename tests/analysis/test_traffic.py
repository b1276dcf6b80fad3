"""Bytes that aggregations move and that cross cuts, against counts in the plainest way."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import given

from analysis.networks import network, stage
from archdsl.analysis.report import analyse
from archdsl.analysis.traffic import Moved, crossing, moved
from archdsl.api import check_text
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Aggregate, Chain
from strategies import Case, specs


def crossed(graph: Graph, cut: str) -> int:
    """Return the bytes that cross the cut after a node, from what is behind it."""
    nodes = list(graph)
    before = {graph.input.name}
    for node in nodes[: nodes.index(graph[cut]) + 1]:
        if isinstance(node.op, Chain):
            before.add(node.name)
    made = set(before)  # what exists in front of the cut, aggregates at their readers included
    for node in nodes:
        if isinstance(node.op, Aggregate) and made.issuperset(node.inputs):
            made.add(node.name)
            before |= {node.name} if node.op.operator.running else set()
    behind = {node.name for node in nodes if isinstance(node.op, Chain)} - before
    behind |= {graph.output} - before
    for node in reversed(nodes):
        joins = isinstance(node.op, Aggregate) and node.name not in before
        if joins and any(node.name in graph[reader].inputs for reader in behind):
            behind.add(node.name)
    read = {source for name in behind for source in graph[name].inputs} & before
    return sum(4 * prod(graph.steps[name][-1]) for name in read)


def cuts(graph: Graph) -> list[str]:
    """Return the nodes with a cut behind them."""
    layers = {name for each in graph.stages for name in each.layers}
    others = [f"{name}" for name in ("stem", "head") if any(n.name == name for n in graph)]
    layers |= {s.entry_chain for s in graph.stages if s.entry_chain and not s.projected}
    between = [node.name for node in graph if node.name.startswith("between.")]
    every = layers | {*others, *between}
    return [node.name for node in graph if isinstance(node.op, Chain) and node.name in every][:-1]


@given(specs())
def test_equals_a_count_of_what_is_read_behind_each_cut(case: Case) -> None:
    graph = check_text(case.text, case.settings).graph
    found = crossing(graph)
    assert list(found.cuts) == [crossed(graph, cut) for cut in cuts(graph)]
    if found.cuts:
        assert found.after == cuts(graph)[found.cuts.index(max(found.cuts))]
        assert found.largest == max(found.cuts)


PIXELS = 4 * 16 * 16
"""Bytes of one channel of 16x16 pixels."""


@pytest.mark.parametrize(
    ("words", "read", "written", "largest", "after"),
    [
        # Layers 2, 3 and the exit read 16, 24 and 32 channels; y_0 ... y_3 cross to the exit.
        ({"aggregate": "concat"}, 72, 72, 32, "stages.0.layers.2"),
        ({"aggregate": "sum"}, 72, 24, 32, "stages.0.layers.2"),
        # Layer 2 reads y_0 and y_1, layer 3 a_1 + y_2: two maps each; one map crosses.
        ({"aggregate": "running"}, 48, 24, 8, "stem"),
        # Nothing is joined.
        ({"aggregate": "sum", "connect": "plain"}, 0, 0, 8, "stem"),
        ({"aggregate": "sum", "exit": "last"}, 40, 16, 24, "stages.0.layers.1"),
    ],
)
def test_by_hand(words: dict[str, str], read: int, written: int, largest: int, after: str) -> None:
    """Three layers of eight channels, all of 16x16 pixels."""
    unit = "{kind: basic, order: pre, width: 8}"
    graph = network(stages=stage(**{"connect": "full", "unit": unit, **words}))
    assert moved(graph) == (Moved(read * PIXELS, written * PIXELS),)
    assert (crossing(graph).largest, crossing(graph).after) == (largest * PIXELS, after)


def test_a_projection_belongs_to_the_first_layer() -> None:
    unit = "{kind: basic, order: post, width: 16}"
    keys = {"connect": "full", "aggregate": "sum", "entry": "projection", "unit": unit}
    graph = network(stages=stage(**keys))
    assert any(node.name.endswith("projection") for node in graph)
    assert len(crossing(graph).cuts) == 4
    assert crossing(graph).cuts[0] == 8 * PIXELS


def test_the_report_sums_the_stages() -> None:
    report = analyse(network(stages=stage(count="2", connect="full", aggregate="sum")))
    assert len(report.stages) == 2
    wanted = sum(each.aggregation_bytes.read for each in report.stages)
    assert report.aggregation_bytes.read == wanted
    assert report.as_dict()["crossing_bytes"]["largest"] == report.crossing_bytes.largest
