"""A block inside a unit, part by part."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from archdsl.ir.layers import Layer, Weighted
from archdsl.ir.layers.block import Block
from archdsl.oracle import layers
from archdsl.oracle.aggregations import aggregate


def block(layer: Block, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return the block's output: y_l of the outputs that part l reads, then the exit."""
    outputs = [x]
    for place, part in enumerate(layer.parts):
        x = _joined(layer, outputs, layer.reads[place])
        for inner in part:
            weights = _weights(inner, own, "" if layer.flat else f"layers.{place}.")
            x = layers.COMPUTE[type(inner)](inner, x, weights, training)
        outputs.append(x)
    return _joined(layer, outputs, layer.exit)


def _joined(layer: Block, outputs: list[Tensor], reads: tuple[int, ...]) -> Tensor:
    if len(reads) == 1:
        return outputs[reads[0]]
    if layer.operator.running:
        total = outputs[reads[0]]
        for read in reads[1:]:
            total = aggregate(layer.operator, [total, outputs[read]])
        return total
    return aggregate(layer.operator, [outputs[read] for read in reads])


def _weights(inner: Layer, own: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    if not isinstance(inner, Weighted):
        return {}
    return {key: own[f"{prefix}{inner.name}.{key}"] for key in inner.state()}
