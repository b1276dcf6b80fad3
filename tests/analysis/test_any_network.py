"""On networks of every kind, drawn at random, the analyses say what running them shows."""

from __future__ import annotations

from math import prod

import torch
from hypothesis import assume, given, settings

from analysis.running import run, state
from analysis.test_memory import kept_by_torch, naive_peak
from archdsl.analysis import analyse
from archdsl.analysis.aggregated import aggregated
from archdsl.analysis.shapes import shapes
from archdsl.frontend.load import parse
from archdsl.ir.graph import Graph
from archdsl.ir.layers import Block
from archdsl.lowering import lower
from strategies import Case, specs


@settings(max_examples=40)
@given(specs())
def test_any_network(case: Case) -> None:
    graph = lower(parse(case.text, case.settings)).graph
    assume(written_out(graph))
    report, known, weights = analyse(graph), shapes(graph), state(graph)
    x = torch.rand(1, *known["input"])
    values = run(graph, weights, x)
    assert {name: tuple(value.shape[1:]) for name, value in values.items()} == known
    assert sum(prod(w.shape) for w in weights.values() if w.requires_grad) == report.parameters
    for stage, counts in zip(graph.stages, aggregated(graph), strict=True):
        assert counts == tuple(len(stage.sources(layer)) for layer in range(1, stage.depth + 1))
    del values
    assert report.activation_bytes.inference == naive_peak(graph)
    kept = kept_by_torch(lambda: run(graph, weights, x)[graph.output], weights)
    assert report.activation_bytes.training == kept


def written_out(graph: Graph) -> bool:
    """Whether the tests' own runner computes all of a network, not the oracle a part of it.

    What torch keeps of blocks is in test_memory_of_blocks, and of aggregations in test_memory.
    """
    blocks = any(isinstance(layer, Block) for layer in graph.layers())
    kinds = {op.operator.kind for _, op in graph.aggregates()}
    return not blocks and kinds <= {"concat", "sum", "mean", "running"}
