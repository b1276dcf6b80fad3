"""Shapes of nodes, and of what stands between the layers of a chain."""

from __future__ import annotations

import pytest
import torch

from analysis.networks import EVERY_KIND, network
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
    assert shapes(graph, known) == shapes(graph)
