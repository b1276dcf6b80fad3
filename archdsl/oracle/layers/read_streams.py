"""A learned sum of streams."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from archdsl.ir.layers.read_streams import ReadStreams
from archdsl.oracle.aggregations.streams import normalised


def read_streams(
    layer: ReadStreams, x: Tensor, own: Mapping[str, Tensor], training: bool
) -> Tensor:
    """Add the streams, each times its weight (Zhu et al. 2024, equations 2 and 11).

    Args:
        layer: the number of streams, and whether pixels add to the weights.
        x: shape (N, streams * features, ...).
        own: `weight` (streams,); for a dynamic layer also `by` (features,) and `scale` (1,).
        training: not used.
    """
    total = torch.zeros_like(x[:, : layer.features])
    for index, stream in enumerate(x.chunk(layer.count, dim=1)):
        weight = own["weight"][index]
        if layer.dynamic:
            content = (normalised(stream).movedim(1, -1) @ own["by"]).unsqueeze(1)
            weight = weight + own["scale"] * torch.tanh(content)
        total = total + weight * stream
    return total
