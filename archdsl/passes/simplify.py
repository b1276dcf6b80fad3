"""Fewer layers for inference, with the same result up to rounding: what `export` writes.

A batch norm or layer scale behind a convolution or linear layer becomes part of its weights. An
average pooling behind a 1x1 convolution is done before it, on all its pixels, so that the
convolution has fewer. A pooling to a size becomes one with a window if its windows are equal.
Layers that only train are left out.

The weights of the original network fit the result once each merged layer is folded into the layer
that took it in (`Merge`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from archdsl.ir.graph import Graph, Node
from archdsl.ir.layers import Block, Weighted
from archdsl.ir.ops import Chain, Layer, Shape
from archdsl.ir.steps import LayerStep, Step

Layers = tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """A layer that became part of the one before it; names are those in the state dict.

    `into` and `merged` are the prefixes of their weights: `stages.0.layers.1.conv1`.
    """

    into: str
    merged: str
    layer: Layer

    def under(self, scope: str) -> Merge:
        """Return it with a prefix before both names."""
        return replace(self, into=f"{scope}.{self.into}", merged=f"{scope}.{self.merged}")


@dataclass(slots=True)
class Simplified:
    """Layers, what was merged in them, and how many poolings were moved and got a window."""

    layers: Layers = ()
    merges: list[Merge] = field(default_factory=list)
    moved: int = 0
    windows: int = 0


@dataclass(frozen=True)
class Simplification:
    """A simplified graph, and what was done: the merges in order, and the numbers of poolings."""

    graph: Graph
    merges: tuple[Merge, ...]
    moved: int
    windows: int


def simplify(graph: Graph) -> Graph:
    """Return the simplified graph; it has other weights, so it is not for training."""
    return simplification(graph).graph


def simplification(graph: Graph) -> Simplification:
    """Return the simplified graph, and what its weights are made of."""
    # Equal units share their layers, and the same layers on equal shapes their shapes.
    done: dict[tuple[int, int], Simplified] = {}
    parts: list[tuple[str, Simplified]] = []
    nodes: list[Node] = []
    for node in graph:
        if isinstance(node.op, Chain):
            shapes = graph.steps[node.name]
            key = (id(node.op.layers), id(shapes))
            if key not in done:
                done[key] = simplified(node.op.layers, shapes)
            parts.append((node.op.scope, done[key]))
            node = replace(node, op=replace(node.op, layers=done[key].layers))
        nodes.append(node)
    merges = tuple(merge.under(scope) for scope, part in parts for merge in part.merges)
    moved, windows = (sum(getattr(part, n) for _, part in parts) for n in ("moved", "windows"))
    return Simplification(graph.with_nodes(nodes), merges, moved, windows)


def simplified(layers: Sequence[Layer], shapes: Sequence[Shape]) -> Simplified:
    """Simplify layers one after another.

    Args:
        layers: the layers of a chain or of a part of a block.
        shapes: shape of the input, then that after each layer.

    Returns:
        The simplified layers; the merges have names relative to the list.
    """
    result, out = Simplified(), list[Layer]()
    for layer, before in zip(layers, shapes, strict=False):
        if layer.training_only:
            continue
        if isinstance(layer, Block):
            out.append(_block(layer, before, result))
        elif not _merged(out, layer, result.merges):
            windowed = layer.windowed(before)
            result.windows += windowed is not layer
            _placed(out, windowed, result)
    result.layers = tuple(out) or tuple(layers)
    return result


def _block(block: Block, shape: Shape, result: Simplified) -> Block:
    """Return a block with simplified parts, and add to a result what was done in them."""
    parts = [*map(simplified, block.parts, block.steps(shape)[0])]
    for (scope, _), part in zip(block.scopes(), parts, strict=True):
        result.merges += (merge.under(f"{block.name}.{scope}".rstrip(".")) for merge in part.merges)
        result.moved += part.moved
        result.windows += part.windows
    return replace(block, parts=tuple(part.layers for part in parts))


def _merged(out: list[Layer], layer: Layer, merges: list[Merge]) -> bool:
    """Make a layer part of the last one and return True, if that is possible."""
    if not (out and layer.affine and isinstance(layer, Weighted)):
        return False
    biased = out[-1].biased()
    if not isinstance(biased, Weighted):
        return False
    out[-1] = biased
    merges.append(Merge(biased.name, layer.name, layer))
    return True


def _placed(out: list[Layer], layer: Layer, result: Simplified) -> None:
    """Add a layer at the end, or before the convolutions that a pooling passes."""
    place = len(out)
    while place and pools_first(out[place - 1], layer.fused_step()):
        place -= 1
    result.moved += place < len(out)
    out.insert(place, layer)


def pools_first(layer: Layer, step: Step | None) -> bool:
    """Return whether a layer and the step after it can change places, for less work.

    An average pooling without padding and a 1x1 convolution with stride 1 are both linear, and the
    pooling leaves the convolution fewer pixels. A bias may stay: the mean of a constant is itself.

    Args:
        layer: the first layer.
        step: the second one as a step for inference; None if it has none.
    """
    match step:
        case LayerStep("average", (_, _, 0)):
            return layer.pointwise() and layer.window(())[1] == 1
    return False
