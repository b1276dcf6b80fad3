"""Measure shares that depend on the input, by running a trained network on images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from archdsl.api import Checked
from archdsl.apps.checkpoint.images import check_images
from archdsl.apps.checkpoint.weights import trained
from archdsl.apps.heatmap.checkpoint import Shares
from archdsl.apps.heatmap.readers import Joining, block_joins, blocks, stage_joins
from archdsl.errors import fail
from archdsl.ir.graph import Graph

BATCH = 16
"""Images that are run at once."""


def measured_shares(checked: Checked, loaded: object, images: Tensor) -> Shares:
    """Return the mean share of each output over all pixels of some images, in evaluation mode.

    Args:
        checked: the network.
        loaded: the content of a checkpoint: a state dict, or a container with one.
        images: what the network reads, of shape (N, *input).

    Raises:
        ArchdslError: A414 if no shares depend on the input, A440, A441 or A443 for weights that are
            not those of the network, A444 for images that it does not take.
    """
    graph = checked.graph
    network = trained(checked, loaded)
    check_images(images, graph.steps[graph.input.name][-1])
    totals: dict[str, Tensor] = {}
    for join in _joins(graph):
        if join.operator.shares is not None:
            module = network.get_submodule(join.scope)
            module.register_forward_pre_hook(_adding(join, totals))
    with torch.no_grad():
        for batch in torch.split(images.float(), BATCH):
            network(batch)
    if not totals:
        raise fail(
            "A414", f"no shares of {graph.name} depend on its input", help="leave out the images"
        )
    return {scope: (total / len(images)).tolist() for scope, total in totals.items()}


def _joins(graph: Graph) -> Iterator[Joining]:
    """Yield the aggregates with weights of stages and blocks."""
    for stage in graph.stages:
        yield from stage_joins(graph, stage)
    for _, path, block in blocks(graph):
        yield from block_joins(path, block)


def _adding(join: Joining, totals: dict[str, Tensor]) -> Callable[[nn.Module, Any], None]:
    """Return a hook that adds the shares of all images of a batch to those of the scope."""
    shares: Any = join.operator.shares

    def add(module: nn.Module, arguments: tuple[list[Tensor]]) -> None:
        outputs = [output.double() for output in arguments[0]]
        own = {name: getattr(module, name).double() for name in join.operator.weights()}
        means = [float(share.mean()) for share in shares(outputs, own)]
        each = len(outputs[0]) * torch.tensor(means, dtype=torch.float64)
        totals[join.scope] = totals.get(join.scope, torch.zeros(())) + each

    return add
