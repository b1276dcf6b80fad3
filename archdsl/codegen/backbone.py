"""Where a network that is a backbone is cut: feature maps, the pooled features, the classifier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from archdsl.ir.graph import Graph
from archdsl.ir.ops import Chain, Layer, Shape, Weighted

BACKBONE = ("Backbone", "FeatureMaps")
"""Names that an emitted file needs for a backbone."""


@dataclass(frozen=True)
class FeatureMap:
    """A feature map that a backbone offers: the last one of its size.

    Attributes:
        module: the module that computes it, or the last one that does: `stem.norm`, `stages.0`.
        channels: its channels.
        reduction: pixels of the input along one side, for each pixel of the map.
        shape: channels and sizes for the input of the spec.
    """

    module: str
    channels: int
    reduction: int
    shape: Shape


@dataclass(frozen=True)
class Backbone:
    """How a network is cut.

    Attributes:
        maps: the feature maps, in the order of computation.
        stem: numbers of layers of the stem after which there is a map, for maps that later layers
            of the stem make smaller.
        stages: indices of the stages whose output is a map.
        features: number of layers of the head that belong to `forward_features`: all before the
            first one that changes the size of the map.
        last: whether the last map is the result of these layers, not of the last stage. It is if
            they only normalise and activate.
        channels: channels of the result of `forward_features`.
        hidden: features that the classifier reads; those of the output if there is none.
        classifier: name of the classifier in the head, which is its last layer; empty if none.
    """

    maps: tuple[FeatureMap, ...] = ()
    stem: tuple[int, ...] = ()
    stages: frozenset[int] = field(default_factory=frozenset)
    features: int = 0
    last: bool = False
    channels: int = 0
    hidden: int = 0
    classifier: str = ""


def backbone(graph: Graph, shapes: Mapping[str, Shape], written: Graph) -> Backbone:
    """Return where a network is cut.

    Args:
        graph: the compacted network.
        shapes: the shape (features, *rest) of each node's output, without the batch.
        written: the network before layers were dilated, which decides where the maps are.
    """
    head, steps = _chain(graph, graph.head)
    before, after = shapes[graph.stages[-1].exit], shapes[graph.output]
    features = next((n for n in range(len(head)) if steps[n][1:] != steps[n + 1][1:]), 0)
    last = bool(features) and not any(layer.mixes or layer.inside() for layer in head[:features])
    classifier = head[-1] if head and head[-1].classifies else None
    cut = Backbone(
        features=features,
        last=last,
        channels=(steps[features] if head else before)[0],
        hidden=(steps[-2] if classifier else after)[0],
        classifier=classifier.name if isinstance(classifier, Weighted) else "",
    )
    if len(before) == 1:  # flat features: there are no maps
        return cut
    taps = tuple(_stem_taps(written))
    sizes = {written.steps[stage.exit][-1][1:]: stage.index for stage in written.stages}
    cut = replace(cut, stem=taps, stages=frozenset(sizes.values()))
    return replace(cut, maps=tuple(_maps(graph, shapes, cut)))


def _maps(graph: Graph, shapes: Mapping[str, Shape], cut: Backbone) -> Iterator[FeatureMap]:
    """Yield the feature maps: those in the stem, and the last output of each size of a stage."""
    whole = shapes[graph.input.name]
    layers, inside = _chain(graph, graph.stem)
    for count in cut.stem:
        yield _map(_module("stem", layers, count), inside[count], whole)
    head, steps = _chain(graph, graph.head)
    for index in sorted(cut.stages):
        if cut.last and index == len(graph.stages) - 1:
            yield _map(_module("head", head, cut.features), steps[cut.features], whole)
        else:
            yield _map(f"stages.{index}", shapes[graph.stages[index].exit], whole)


def _chain(graph: Graph, name: str | None) -> tuple[Sequence[Layer], Sequence[Shape]]:
    """Return the layers of a chain, and the shape of its input and after each layer."""
    op = graph[name].op if name else None
    return (
        (op.layers, graph.steps[graph[name].name]) if name and isinstance(op, Chain) else ((), ())
    )


def _stem_taps(graph: Graph) -> Iterator[int]:
    """Yield the numbers of layers of the stem after which there is a map of a size of its own."""
    _, steps = _chain(graph, graph.stem)
    following = [*steps[2:], graph.steps[graph.stages[0].exit][-1]]
    for count, (shape, later) in enumerate(zip(steps[1:], following, strict=False), start=1):
        if len(shape) > 1 and steps[0][1:] != shape[1:] != later[1:]:
            yield count


def _module(part: str, layers: Sequence[Layer], count: int) -> str:
    """Return the name of the last module among the first layers of a part."""
    names = [layer.name for layer in layers[:count] if isinstance(layer, Weighted)]
    return f"{part}.{names[-1]}" if names else part


def _map(module: str, shape: Shape, whole: Shape) -> FeatureMap:
    """Return a feature map of a network whose input has the shape `whole`."""
    reduction = round(whole[1] / shape[1]) if len(shape) > 1 else 1
    return FeatureMap(module, shape[0], max(1, reduction), shape)
