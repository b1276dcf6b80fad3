"""What training keeps where parts of the forward pass are computed again, as torch measures it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from analysis.networks import network, published, stage
from analysis.test_memory import kept_by_torch
from archdsl.analysis.memory import training
from archdsl.analysis.recomputed import training_bytes
from archdsl.api import build, load
from archdsl.ir.graph import Graph
from cli.commands import SPECS

BATCH = 16
NAMES = ("densenet-bc-cifar", "sparsenet-bc-cifar", "densenet-cifar", "sparsenet-cifar")
SETTINGS = {"depth": 22, "growth": 12}


def kept(made: nn.Module, x: Tensor) -> int:
    """Bytes of the memory that autograd keeps, without weights and statistics."""
    return kept_by_torch(lambda: made(x), made.state_dict())


def with_checkpoints(made: Any) -> Any:
    """Each layer of a DenseNet is checkpointed from its aggregate to its first convolution."""
    for block in made.stages:
        block.operator.enabled = False
        for layer in block.layers:
            first = getattr(layer, "norm1", None) or layer.norm
            convolution = getattr(layer, "conv1", None) or layer.conv

            def head(*outputs: Tensor, norm: Any = first, conv: Any = convolution) -> Tensor:
                return conv(torch.relu(norm(torch.cat(outputs, 1))))  # type: ignore[no-any-return]

            layer.head = head
    return made


def run_checkpointed(block: Any, x: Tensor) -> Tensor:
    """The forward pass of a stage with checkpoints."""
    outputs = [x]
    for layer, reads in zip(block.layers, block.reads, strict=True):
        read = [outputs[source] for source in reads]
        y = checkpoint(layer.head, *read, use_reentrant=False, preserve_rng_state=False)
        if hasattr(layer, "norm2"):
            y = layer.conv2(torch.relu(layer.norm2(y)))
        outputs.append(y)
    return torch.cat([outputs[source] for source in block.exit], 1)


@pytest.mark.parametrize("name", NAMES)
def test_torch_keeps_what_is_predicted(name: str) -> None:
    counts = training_bytes(published(name, **SETTINGS))
    made: Any = build(load(SPECS / f"{name}.yaml", SETTINGS), memory_efficient=True).train()
    x = torch.randn(BATCH, 3, 32, 32)
    assert kept(made, x) == pytest.approx(BATCH * counts.memory_efficient, rel=0.03)
    with_checkpoints(made)
    assert kept(made, x) == pytest.approx(BATCH * counts.eager, rel=0.03)
    for block in made.stages:
        block.forward = lambda x, block=block: run_checkpointed(block, x)
    assert kept(made, x) == pytest.approx(BATCH * counts.checkpointed, rel=0.03)


def test_stages_of_which_some_are_operators() -> None:
    counts = training_bytes(published("hardnet-68ds-imagenet"))
    made: Any = build(load(SPECS / "hardnet-68ds-imagenet.yaml"), memory_efficient=True).train()
    x = torch.randn(2, 3, 224, 224)
    assert kept(made, x) == pytest.approx(2 * counts.memory_efficient, rel=0.03)
    assert counts.memory_efficient < 0.8 * counts.eager


def test_dropout_keeps_its_masks() -> None:
    settings = {**SETTINGS, "dropout": 0.2}
    counts = training_bytes(published("densenet-bc-cifar", **settings))
    made: Any = build(load(SPECS / "densenet-bc-cifar.yaml", settings), memory_efficient=True)
    x = torch.randn(BATCH, 3, 32, 32)
    assert kept(made.train(), x) == pytest.approx(BATCH * counts.memory_efficient, rel=0.03)


def test_the_published_networks_keep_a_fraction() -> None:
    dense = training_bytes(published("densenet-bc-cifar"))
    assert dense.memory_efficient < 0.27 * dense.eager
    sparse = training_bytes(published("sparsenet-bc-cifar"))
    assert sparse.memory_efficient < 0.40 * sparse.eager


def test_memory_is_linear_in_the_depth() -> None:
    def bytes_of(layers: int) -> int:
        return training_bytes(network(stages=stage(layers=str(layers)))).memory_efficient

    step = bytes_of(20) - bytes_of(10)
    assert bytes_of(40) - bytes_of(20) == 2 * step
    assert bytes_of(80) - bytes_of(40) == 4 * step


def of_sums() -> Graph:
    """A network without a stage that can be one operator."""
    return network(stages=stage(aggregate="sum"))


def test_a_network_without_operators_keeps_what_it_keeps() -> None:
    graph = of_sums()
    counts = training_bytes(graph)
    assert counts.eager == counts.checkpointed == counts.memory_efficient == training(graph)
