"""Placements: every layer gathers what it reads, places are reused only when nobody needs them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.api import check_text, load, lower
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.placement import Placement
from archdsl.passes import pipeline
from cli.commands import SPECS
from strategies import Case, specs

TOP = "archdsl: 1\nname: net\ninput: [3, 8, 8]\nstem: [{conv: {width: 7}}]\n"
RULES = [
    "full", "{rule: exponential, base: 2}", "{rule: exponential, base: 3}",
    "{rule: window, last: 3}", "{rule: offsets, offsets: [1, 4, 5]}",
]  # fmt: skip


def placed(graph: Graph) -> Graph:
    return pipeline.run(graph, pipeline.FOR_INFERENCE)


def planned(rule: str, widths: list[int], leaves: str) -> tuple[Stage, Placement | None]:
    units = ", ".join(f"{{kind: basic, order: pre, width: {width}}}" for width in widths)
    text = (
        f"stages: {{count: 1, layers: [{units}], connect: {rule}, aggregate: concat,"
        f" exit: {leaves}}}\n"
    )
    (stage,) = placed(check_text(TOP + text).graph).stages
    return stage, stage.placement


@given(
    st.sampled_from(RULES), st.lists(st.integers(1, 9), min_size=2, max_size=24),
    st.sampled_from(["rule", "all", "last"]),
)  # fmt: skip
def test_every_layer_gathers_what_it_reads(rule: str, widths: list[int], leaves: str) -> None:
    """A buffer of labels instead of numbers: which output's which channel stands where."""
    stage, plan = planned(rule, widths, leaves)
    if plan is None:  # each layer reads the one before alone: nothing is concatenated
        assert all(stage.sources(layer) == (layer - 1,) for layer in range(1, stage.depth + 1))
        return
    assert plan.widths == (7, *widths)
    buffer: list[Any] = [None] * plan.channels
    for output, sources in enumerate(stage.all_sources()):
        start, end = plan.span(output)
        buffer[start:end] = [(output, channel) for channel in range(plan.widths[output])]
        found = [label for first, last in plan.gathers[output] for label in buffer[first:last]]
        assert found == [(source, c) for source in sources for c in range(plan.widths[source])]
    assert len(buffer) == plan.channels <= sum(plan.widths)


def test_prefixes_are_one_range() -> None:
    """DenseNet: nothing dies, and every layer reads one prefix."""
    _, plan = planned("full", [4] * 10, "rule")
    assert plan is not None
    assert plan.layout == "prefix"
    assert plan.places == (0, *range(7, 7 + 40, 4))
    assert plan.gathers == tuple(((0, 7 + 4 * layer),) for layer in range(11))


def test_few_reads_are_maps_of_their_own() -> None:
    """SparseNet: less is moved if outputs stay where they were made."""
    _, plan = planned("exponential", [4] * 10, "rule")
    assert plan is not None
    assert plan.layout == "planar"
    assert plan.gathers[3] == ((15, 19), (11, 15), (0, 7))


def test_the_layout_is_that_which_moves_less() -> None:
    """What is gathered in ranges, and written beside others first, against what is not."""
    for rule in RULES:
        stage, plan = planned(rule, [4] * 20, "rule")
        assert plan is not None
        apart = sum(map(len, stage.all_sources()))
        spans = [[plan.span(source) for source in sources] for sources in stage.all_sources()]
        breaks = sum(1 + sum(a[1] != b[0] for a, b in pairwise(read)) for read in spans)
        assert plan.layout == ("planar" if apart <= breaks + 21 else "prefix")


def test_places_are_reused() -> None:
    _, plan = planned("{rule: window, last: 2}", [7] * 20, "last")
    assert plan is not None
    assert plan.channels == 14
    graph = placed(lower(load(SPECS / "sparsenet-bc-cifar.yaml", {"depth": 1001})))
    deep = graph.stages[0].placement
    assert deep is not None
    assert deep.channels < sum(deep.widths)


@pytest.mark.parametrize(
    ("name", "layouts"),
    [
        ("densenet-imagenet", ["prefix"] * 4),
        ("sparsenet-imagenet", ["planar"] * 4),
        ("resnet-imagenet", [None] * 4),
        ("plain-cifar", [None] * 3),
        ("fractalnet-cifar", [None] * 5),
    ],
)
def test_shipped_networks(name: str, layouts: list[str | None]) -> None:
    graph = placed(lower(load(SPECS / f"{name}.yaml")))
    assert [stage.placement and stage.placement.layout for stage in graph.stages] == layouts


@given(specs())
def test_only_placements_are_added(case: Case) -> None:
    """And what is placed keeps all invariants: the pipeline verifies it."""
    compacted = pipeline.run(check_text(case.text, case.settings).graph)
    made = placed(compacted)
    assert made.nodes == compacted.nodes
    assert all(
        a == b or b.placement is not None
        for a, b in zip(compacted.stages, made.stages, strict=True)
    )
    assert placed(made) == made
