"""A block inside a unit, part by part."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from archdsl.ir.layers import Layer, Weighted
from archdsl.ir.layers.block import Block
from archdsl.language.aggregation import Aggregation
from archdsl.oracle import layers
from archdsl.oracle.aggregations import aggregate


def block(layer: Block, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return the block's output: y_l of the outputs that part l reads, then the exit.

    Args:
        layer: the parts, what each of them reads, and how outputs are joined.
        x: the block's input, F0.
        own: weights of the parts and joins, such as `layers.0.conv.weight` and `joins.1.weight`;
            without `layers.0.` in a flat block.
        training: passed to the layers inside.
    """
    outputs = [x]
    for place, part in enumerate(layer.parts):
        x = _joined(layer.operator, outputs, layer.reads[place], own, f"joins.{place}")
        for inner in part:
            weights = _weights(inner, own, "" if layer.flat else f"layers.{place}.")
            x = layers.COMPUTE[type(inner)](inner, x, weights, training)
        outputs.append(x)
    return _joined(layer.joining or layer.operator, outputs, layer.exit, own, "exit_join")


def _joined(
    operator: Aggregation, outputs: list[Tensor], reads: tuple[int, ...],
    own: Mapping[str, Tensor], scope: str,
) -> Tensor:  # fmt: skip
    """Return what a part or the exit reads; the weights of its aggregation are under `scope`."""
    if operator.folds:
        written = [f"joins.{read - 1}" for read in reads[1:]]  # weights belong to outputs
        weights = [own[f"{join}.{name}"] for join in written for name in operator.weights()]
        return aggregate(operator, [outputs[read] for read in reads], weights)
    if len(reads) == 1:
        return outputs[reads[0]]
    if operator.running:  # y_0, joined with y_1, the result joined with y_2, ...
        total = outputs[reads[0]]
        for place, read in enumerate(reads[1:]):
            weights = [own[f"joins.{place}.{name}"] for name in operator.weights()]
            total = aggregate(operator, [total, outputs[read]], weights)
        return total
    weights = [own[f"{scope}.{name}"] for name in operator.weights()]
    return aggregate(operator, [outputs[read] for read in reads], weights)


def _weights(inner: Layer, own: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    if not isinstance(inner, Weighted):
        return {}
    return {key: own[f"{prefix}{inner.name}.{key}"] for key in inner.state()}
