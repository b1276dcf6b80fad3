"""Compute a heat map from weights. The only file of this package that imports torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import torch
from torch import Tensor

from archdsl.apps.checkpoint.reading import numbers
from archdsl.apps.checkpoint.weights import network_weights
from archdsl.apps.heatmap.model import HeatMap, Panel
from archdsl.apps.heatmap.readers import (
    Carried,
    Joining,
    Reader,
    block_carried,
    block_joins,
    block_readers,
    blocks,
    carried,
    readers,
    stage_joins,
)
from archdsl.errors import fail
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.layers import Block
from archdsl.language.aggregation import Aggregation

Shares = Mapping[str, Sequence[float]]
"""The mean share of each output, by the scope of the aggregate that reads them."""

NONE: Shares = {}


def heat_map(graph: Graph, loaded: object, shares: Shares = NONE) -> HeatMap:
    """Return the mean absolute weight of every link, or its mean share.

    Args:
        graph: the network.
        loaded: the content of a checkpoint: a state dict, or a container with one.
        shares: the mean shares of outputs whose shares depend on the input.

    Raises:
        ArchdslError: A440 for weights that are not real numbers, A441 for weights of a different
            network, A442 if no stage has separate weights for each output, A443 for several state
            dicts.
    """
    weights = network_weights(graph, loaded)
    means: dict[int | None, dict[tuple[int, int], float]] = {}
    for index, same in groupby(readers(graph), key=lambda reader: reader.stage):
        means[index] = dict(_links(same, weights))
    for stage in graph.stages:
        if links := _strengths(stage_joins(graph, stage), weights, shares):
            of_layers = means.get(stage.index, {}) if stage.joining else {}
            means[stage.index] = of_layers | links
        if links := dict(_carried(stage.operator, carried(graph, stage), weights)):
            means[stage.index] = (means.get(stage.index, {}) if stage.joining else {}) | links
    panels = tuple(
        Panel(stage.index, stage.depth, means[stage.index])
        for stage in graph.stages
        if means.get(stage.index)
    )
    panels += tuple(_block_panels(graph, weights, shares))
    if not panels:
        raise fail(
            "A442",
            f"the layers of {graph.name} have no separate weights for each output they read",
            **_reason(graph),
        )
    left = [stage.index for stage in graph.stages if stage.index not in means]
    return HeatMap(graph.name, panels, left)


def _reason(graph: Graph) -> dict[str, str]:
    """Return why a network has no heat map, and what to do."""
    places: list[Stage | Block] = [*graph.stages, *(block for *_, block in blocks(graph))]
    operators = [operator for place in places for operator in _operators(place)]
    for operator in operators:
        if operator.shares is not None:
            return {
                "note": f"the shares of `{operator.kind}` depend on the input",
                "help": "name a file of images, for which they are measured: --data images.npy",
            }
    weighted = [operator.kind for operator in operators if operator.weights()]
    note = "outputs that are added share the same weights"
    if weighted:
        note = f"the weights of `{weighted[0]}` do not tell the outputs apart"
    return {"note": note, "help": "the stages of a heat map join their outputs by concat"}


def _operators(place: Stage | Block) -> tuple[Aggregation, Aggregation]:
    return place.operator, place.exit_operator


def _block_panels(graph: Graph, weights: Mapping[str, Tensor], shares: Shares) -> Iterator[Panel]:
    """Yield a panel for each block whose links have separate weights."""
    for stage, path, block in blocks(graph):
        links = dict(_links(block_readers(stage, path, block), weights))
        links |= _strengths(block_joins(path, block), weights, shares)
        links |= dict(_carried(block.operator, block_carried(path, block), weights))
        if links:
            yield Panel(stage, len(block.parts), links, path)


def _links(
    parts: Iterable[Reader], weights: Mapping[str, Tensor]
) -> Iterator[tuple[tuple[int, int], float]]:
    """Yield source and layer of each link with its mean absolute weight."""
    for reader in parts:
        means = _means(reader, weights)
        for source, mean in zip(reader.sources, means, strict=True):
            yield (source, reader.layer), mean


def _strengths(
    joins: Iterable[Joining], weights: Mapping[str, Tensor], shares: Shares
) -> dict[tuple[int, int], float]:
    """Return what an aggregation's own weights say of each link; nothing if they say nothing."""
    links: dict[tuple[int, int], float] = {}
    for join in joins:
        keys = {name: f"{join.scope}.{name}" for name in join.operator.weights()}
        each = shares.get(join.scope) or join.operator.strengths(_own(keys, weights))
        if each is not None:
            pairs = zip(join.sources, each, strict=True)
            links |= {(source, join.layer): float(strength) for source, strength in pairs}
    return links


def _own(keys: Mapping[str, str], weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights by other names. Raises A440 for weights that are not real numbers."""
    return {name: numbers(key, weights[key]) for name, key in keys.items()}


def _carried(
    operator: Aggregation, readers: Iterable[Carried], weights: Mapping[str, Tensor]
) -> Iterator[tuple[tuple[int, int], float]]:
    """Yield source and reader of each link through a state, with what its weights say of it."""
    for reader in readers:
        joins = [
            _own({name: f"{scope}.{name}" for name in operator.weights()}, weights)
            for scope in reader.joins
        ]
        reading = _own(reader.reading, weights)
        strengths = operator.carried_strengths(joins, reading)
        if strengths is not None:
            for source, strength in zip(reader.sources, strengths, strict=True):
                yield (source, reader.layer), float(strength)


def _means(reader: Reader, weights: Mapping[str, Tensor]) -> list[float]:
    """Return the mean absolute weight of each source."""
    totals, count = torch.zeros(()), 0.0
    for key, groups in reader.weights:
        weight = numbers(key, weights[key])
        by_feature = _by_feature(weight, groups)
        each = weight.numel() / len(by_feature)
        totals, count = totals + each * by_feature, count + each
    return [
        float(torch.cat([totals[own.start : own.stop] for own in each]).mean()) / count
        for each in reader.features
    ]


def _by_feature(weight: Tensor, groups: int) -> Tensor:
    """Return the mean absolute weight of each input feature.

    In a grouped convolution only the output channels of group g read the features of group g.
    """
    seen = weight.abs().reshape(groups, -1, *weight.shape[1:])
    each = seen.flatten(3).mean(dim=3) if seen.dim() > 3 else seen
    return each.mean(dim=1).flatten()
