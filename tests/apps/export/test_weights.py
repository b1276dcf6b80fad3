"""Folded weights: the simplified network computes what the original one does, in float64."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from apps.export.networks import BLOCKS, DENSE, network, saved
from archdsl import api
from archdsl.analysis.parameters import state_shapes
from archdsl.apps.export.weights import folded, initial
from archdsl.apps.export.weights import saved as read
from archdsl.ir.graph import Graph
from archdsl.loading import load_module, network_class
from archdsl.oracle.comparison import randomise, relative
from archdsl.oracle.interpret import interpret
from archdsl.passes.simplify import simplification
from cli.commands import SPECS

EXACT = 1e-9
SMALL = ["densenet-bc-cifar", "sparsenet-sum-cifar", "resnet-basic-cifar", "resnet-preact-cifar",
         "mixnet-cifar", "learned-sums-cifar", "resnet-streams-cifar"]  # fmt: skip


def apart(graph: Graph, module: torch.nn.Module) -> float:
    """The difference between a network and its simplified form, with random weights."""
    randomise(module)
    state = {name: value.detach() for name, value in module.double().state_dict().items()}
    done = simplification(graph)
    weights = folded(state, done.merges)
    assert {name: tuple(w.shape) for name, w in weights.items()} == state_shapes(done.graph)
    shape: Any = graph.input.op
    x = torch.randn(2, *(min(side, 64) for side in shape.shape), dtype=torch.float64)
    return relative(interpret(done.graph, weights, x), interpret(graph, state, x))


@pytest.mark.parametrize("text", [DENSE, BLOCKS], ids=["dense", "blocks"])
def test_small_networks(text: str) -> None:
    checked, module = network(text)
    assert simplification(checked.graph).merges
    assert apart(checked.graph, module) < EXACT


@pytest.mark.parametrize("name", SMALL)
def test_shipped_networks(name: str) -> None:
    spec = api.load(SPECS / f"{name}.yaml")
    if "depth" in spec.parameters.values:
        spec = api.load(SPECS / f"{name}.yaml", {"depth": 22})
    checked = api.check(spec)
    assert apart(checked.graph, network_class(load_module(checked.emit()))()) < EXACT


def test_the_emitted_module_takes_the_folded_weights() -> None:
    checked, module = network(BLOCKS)
    done = simplification(checked.graph)
    planned = network_class(load_module(replace(checked, graph=done.graph).emit()))().eval()
    planned.load_state_dict(folded(module.state_dict(), done.merges))
    x = torch.randn(2, 3, 14, 14)
    with torch.no_grad():
        assert relative(planned(x), module(x)) < 1e-5


def test_weights_are_read_from_a_checkpoint(tmp_path: Path) -> None:
    checked, module = network(DENSE)
    state = read(checked.graph, saved(module.half(), tmp_path / "half.pt"))
    assert {name for name, value in state.items() if value.dtype != torch.float64} == {
        name for name in state if name.endswith("num_batches_tracked")
    }
    for name, value in module.state_dict().items():
        assert torch.equal(state[name], value.to(state[name].dtype))


def test_new_weights_follow_their_seed_and_keep_the_random_state() -> None:
    checked, _ = network(DENSE)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second, other = (initial(checked, seed)["stem.conv.weight"] for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)
