"""The heat map as the strengths of links that a picture shows."""

from __future__ import annotations

from typing import Any

from archdsl.api import Checked, check, graph_of
from archdsl.apps.draw.strengths import Strengths
from archdsl.apps.heatmap.model import HeatMap
from archdsl.errors import fail
from archdsl.extras import require
from archdsl.frontend.load import Spec
from archdsl.ir.graph import Graph


def strengths(network: Spec | Graph | Checked, weights: object, images: Any = None) -> Strengths:
    """Return how strongly a trained network uses each link, for `archdsl.picture`.

    >>> import torch  # doctest: +SKIP
    >>> spec = archdsl.load("specs/densenet-cifar.yaml", {"depth": 40})  # doctest: +SKIP
    >>> found = archdsl.strengths(spec, torch.load("checkpoint.pt"))  # doctest: +SKIP
    >>> archdsl.picture(spec, "svg", strengths=found).content  # doctest: +SKIP

    Args:
        network: a spec, its graph, or the result of `archdsl.api.check`.
        weights: a state dict of the network, or a container with one.
        images: images of shape (N, *input), for shares that depend on the input, as those
            of `attention`: each link has the mean share. This runs the network, so it needs the
            spec, not only a graph.

    Returns:
        The values of the heat map: from 0 to 1, the largest of each layer is 1.

    Raises:
        ArchdslError: A414 if no shares depend on the images, or for a graph; A422 without torch,
            A440 for weights that are not real numbers, A441 for weights of a different network,
            A442 if no link has weights of its own, A443 for several state dicts, A444 for images
            that the network does not take; and the errors of `lower` for a spec.
    """
    require("torch")
    from archdsl.apps.heatmap.checkpoint import heat_map

    if images is None:
        return of_heat_map(heat_map(graph_of(network), weights))
    from archdsl.apps.heatmap.measured import measured_shares

    if isinstance(network, Graph):
        raise fail("A414", "a graph cannot be run on images", help="pass the spec of the network")
    checked = network if isinstance(network, Checked) else check(network)
    shares = measured_shares(checked, weights, images)
    return of_heat_map(heat_map(checked.graph, weights, shares))


def of_heat_map(heat: HeatMap) -> Strengths:
    """Return the rescaled means of a heat map by stage and by block."""
    stages, blocks = {}, {}
    for panel in heat.panels:
        if panel.block:
            blocks[panel.block] = panel.rescaled
        elif panel.stage is not None:
            stages[panel.stage] = panel.rescaled
    return Strengths(stages, blocks)
