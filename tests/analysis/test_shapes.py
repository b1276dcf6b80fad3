"""Shapes of nodes, and of what stands between the layers of a chain."""

from __future__ import annotations

import pytest
import torch

from analysis.networks import EVERY_KIND, network, stage
from analysis.running import run, state
from archdsl.analysis.shapes import shapes, trace
from archdsl.ir.ops import Chain


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_torch_makes_the_same_shapes(kind: str) -> None:
    graph = EVERY_KIND[kind]
    values = run(graph, state(graph), torch.rand(1, 3, 16, 16))
    found = {name: tuple(value.shape[1:]) for name, value in values.items()}
    assert shapes(graph) == found


def test_a_trace_holds_the_shape_around_every_layer() -> None:
    graph = network()
    head = graph["head"].op
    assert isinstance(head, Chain)
    known = trace(graph)
    assert known["head"] == ((32, 16, 16),) * 3 + ((32, 1, 1), (32,), (5,))
    assert known["input"] == ((3, 16, 16),)
    assert shapes(graph) == {name: steps[-1] for name, steps in known.items()}
    assert trace(graph) is known


def test_equal_units_share_what_is_derived_of_them() -> None:
    """Four units with equal numbers are one list of layers with one list of shapes."""
    graph = network(stages=stage(connect="plain", aggregate="sum", layers="4"))
    units = [graph[name] for name in graph.stages[0].layers]
    chains = [unit.op for unit in units if isinstance(unit.op, Chain)]
    assert len({id(chain.layers) for chain in chains}) == 1
    assert len({id(graph.steps[unit.name]) for unit in units}) == 1
    assert len(graph.layer_lists) == 3  # stem, unit, head
