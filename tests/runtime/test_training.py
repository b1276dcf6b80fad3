"""Networks that are trained on real images take the same way with and without operators.

In float64, because in float32 two runs that differ by rounding differ in accuracy after a while.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.api import build, load
from archdsl.errors import ArchdslError
from cli.commands import SPECS

SETTINGS: dict[str, Any] = {"depth": 16, "growth": 8, "classes": 10}
EPOCHS, SIZE = 4, 64


@cache
def digits() -> tuple[Tensor, Tensor]:
    """The 1,797 scanned digits that scikit-learn ships, 8 x 8 pixels with three equal channels."""
    from sklearn.datasets import load_digits

    data = load_digits()
    small = torch.from_numpy(data.images).unsqueeze(1) / 16 - 0.5
    return small.expand(-1, 3, -1, -1).contiguous(), torch.from_numpy(data.target)


def batches(count: int) -> Iterator[Any]:
    """Indices of the images of each step, the same in every run."""
    generator = torch.Generator().manual_seed(3)
    for _ in range(EPOCHS):
        order: Any = torch.randperm(count, generator=generator)
        yield from order.split(SIZE)


def trained(spec: Any, *, efficient: bool) -> tuple[float, Any]:
    """Accuracy on the last 297 digits after training on the first 640, and the network."""
    images, labels = digits()
    torch.manual_seed(0)
    network: Any = build(spec, memory_efficient=True).double().train()
    for stage in network.stages:
        stage.operator.enabled = efficient
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    for rows in batches(640):
        loss = nn.functional.cross_entropy(network(images[rows]), labels[rows])
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    with torch.no_grad():
        right = network.eval()(images[1500:]).argmax(1) == labels[1500:]
    return float(right.float().mean()), network


@pytest.mark.parametrize("name", ["densenet-bc-cifar", "sparsenet-bc-cifar"])
def test_the_accuracy_is_the_same(name: str) -> None:
    spec = load(SPECS / f"{name}.yaml", SETTINGS)
    accuracies, networks = zip(*(trained(spec, efficient=e) for e in (True, False)), strict=True)
    assert min(accuracies) > 0.7  # after forty steps; chance is 0.1
    assert accuracies[0] == accuracies[1]
    for ours, theirs in zip(*(net.state_dict().values() for net in networks), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["resnet-preact-cifar", "fractalnet-cifar"])
def test_networks_that_add_or_average_have_no_operator(name: str) -> None:
    with pytest.raises(ArchdslError, match="its outputs are not all concatenated"):
        build(load(SPECS / f"{name}.yaml"), memory_efficient=True)
