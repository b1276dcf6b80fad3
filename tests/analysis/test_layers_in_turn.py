"""What autograd keeps of two layers in turn: a tensor that both need is kept once."""

from __future__ import annotations

import pytest
import torch

from analysis.running import run, state
from analysis.test_memory import kept_by_torch
from archdsl.analysis.memory import training
from archdsl.api import check_text

FIRST = ("relu", "mish", "{keep: {start: 1, width: 4}}", "{conv: {width: 4, dilation: 2}}")
SECOND = (
    "norm", "{norm: layer}", "{norm: rms}", "{norm: instance}",
    "{norm: {kind: group, groups: 2}}", "relu2", "sigmoid", "leaky", "{prelu: channel}",
    "{scale: 0.5}", "{drop_unit: 0.5}", "{select: 4}", "{shuffle: 2}", "{keep: {width: 2}}",
    "{pool: {kernel: 2, stride: 1, ceil: true}}", "{conv: {width: 4, kernel: 1}}",
)  # fmt: skip
SPEC = """archdsl: 2
name: small
input: INPUT
stem: [{conv: {width: 8, kernel: 3}}]
stages: {count: 1, layers: 1, connect: plain, aggregate: sum, exit: last, unit: [LAYERS, relu]}
"""


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("second", SECOND)
@pytest.mark.parametrize("sizes", [(9,), (6, 6), (4, 5, 6)])
def test_training_is_what_torch_keeps(first: str, second: str, sizes: tuple[int, ...]) -> None:
    layers = f"{first}, {second}"
    text = SPEC.replace("INPUT", str([3, *sizes])).replace("LAYERS", layers)
    graph = check_text(text).graph
    weights, x = state(graph), torch.rand(1, 3, *sizes)
    kept = kept_by_torch(lambda: run(graph, weights, x)[graph.output], weights)
    assert training(graph) == kept
