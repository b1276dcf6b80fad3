"""Plans: every layer gathers what it reads, places are reused only when nobody needs them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.analysis.shapes import shapes
from archdsl.api import check_text, load, lower
from archdsl.ir.ops import Activation, Conv, Dropout, Flatten, Linear, Norm, Pad, Pool, PoolTo
from archdsl.passes.plan import StagePlan, stage_plan, steps
from cli.commands import SPECS

TOP = "archdsl: 1\nname: net\ninput: [3, 8, 8]\nstem: [{conv: {width: 7}}]\n"
RULES = [
    "full", "plain", "{rule: exponential, base: 2}", "{rule: exponential, base: 3}",
    "{rule: window, last: 3}", "{rule: offsets, offsets: [1, 4, 5]}",
]  # fmt: skip


def planned(rule: str, widths: list[int], leaves: str) -> tuple[Any, StagePlan]:
    units = ", ".join(f"{{kind: basic, order: pre, width: {width}}}" for width in widths)
    text = (
        f"stages: {{count: 1, layers: [{units}], connect: {rule}, aggregate: concat,"
        f" exit: {leaves}}}\n"
    )
    graph = check_text(TOP + text).graph
    stage = graph.stages[0]
    return stage, stage_plan(stage, shapes(graph))


@given(
    st.sampled_from(RULES), st.lists(st.integers(1, 9), min_size=1, max_size=24),
    st.sampled_from(["rule", "all", "last"]),
)  # fmt: skip
def test_every_layer_gathers_what_it_reads(rule: str, widths: list[int], leaves: str) -> None:
    """A buffer of labels instead of numbers: which output's which channel stands where."""
    stage, plan = planned(rule, widths, leaves)
    assert plan.widths == (7, *widths)
    buffer: list[Any] = [None] * plan.channels
    reads = [*(stage.sources(layer) for layer in range(1, stage.depth + 1)), stage.exit_sources()]
    for output, sources in enumerate(reads):
        start = plan.places[output]
        buffer[start : start + plan.widths[output]] = [
            (output, channel) for channel in range(plan.widths[output])
        ]
        found = [label for first, last in plan.gathers[output] for label in buffer[first:last]]
        wanted = [(source, c) for source in sources for c in range(plan.widths[source])]
        assert found == wanted
    assert len(buffer) == plan.channels <= sum(plan.widths)


def test_prefixes_are_one_range() -> None:
    """DenseNet: nothing dies, and every layer reads one prefix."""
    stage, plan = planned("full", [4] * 10, "rule")
    assert plan.places == (0, *range(7, 7 + 40, 4))
    assert plan.gathers == tuple(((0, 7 + 4 * layer),) for layer in range(11))
    assert stage.depth == 10


def test_places_are_reused() -> None:
    """A chain needs two places, or one where the output fits where its input was."""
    assert planned("plain", [7] * 20, "rule")[1].channels == 7
    assert planned("{rule: window, last: 2}", [7] * 20, "last")[1].channels == 14
    graph = lower(load(SPECS / "sparsenet-bc-cifar.yaml", {"depth": 1001}))
    plan = stage_plan(graph.stages[0], shapes(graph))
    assert plan.channels < sum(plan.widths)


BN, RELU = Norm("norm", 8), Activation("relu")
ONE, THREE = Conv("one", 8, 4, 1), Conv("three", 8, 4, 3, padding=1)
MEAN = Pool("average", 2, 2)


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        ([BN, RELU, ONE], [("clamp", "norm"), ("conv", "one", "norm", "", False)]),
        (
            [BN, RELU, ONE, Norm("b", 4), RELU, THREE],
            [("clamp", "norm"), ("conv", "one", "norm", "b", True),
             ("conv", "three", "", "", False)],
        ),
        # The padding of a larger convolution is zero after the norm, not before it.
        ([BN, RELU, THREE], [("norm", "norm", True), ("conv", "three", "", "", False)]),
        ([THREE, BN, RELU], [("conv", "three", "", "norm", True)]),
        ([BN, ONE], [("norm", "norm", False), ("conv", "one", "", "", False)]),
        # Pooling is done on fewer places before the convolution, unless a ReLU is between.
        (
            [BN, RELU, ONE, MEAN],
            [("clamp", "norm"), ("layer", "average", 2, 2, 0),
             ("conv", "one", "norm", "", False)],
        ),
        (
            [ONE, RELU, MEAN],
            [("conv", "one", "", "", True), ("layer", "average", 2, 2, 0)],
        ),
        (
            [ONE, Pool("max", 2, 2)],
            [("conv", "one", "", "", False), ("layer", "max", 2, 2, 0)],
        ),
        (
            [ONE, Pool("average", 3, 2, 1)],
            [("conv", "one", "", "", False), ("layer", "average", 3, 2, 1)],
        ),
        (
            [BN, RELU, Conv("grouped", 8, 4, 1, groups=2)],
            [("norm", "norm", True), ("conv", "grouped", "", "", False)],
        ),
        (
            [BN, RELU, PoolTo("average", 1), Flatten(), Linear("linear", 8, 2)],
            [("norm", "norm", True), ("layer", "average_to", 1), ("layer", "flatten", 1),
             ("linear", "linear")],
        ),
        ([Dropout(0.5), RELU], [("layer", "relu")]),
        ([BN, Activation("gelu"), ONE], None),
        ([Norm("norm", 8, flat=True)], None),
        ([Pad(16, 2)], None),
    ],
)  # fmt: skip
def test_what_is_folded_into_what(layers: Any, wanted: Any) -> None:
    found = steps(layers)
    assert found == (None if wanted is None else tuple(wanted))
