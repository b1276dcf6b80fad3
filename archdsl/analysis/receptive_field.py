"""Receptive fields: how many input pixels one position of a feature map depends on.

The field is computed along each spatial dimension of the input, and the largest is reported.

A layer with window k and stride s adds (k - 1) j to the field, where j is the distance in input
pixels between neighbouring positions; that distance becomes s j. Where paths join, the largest
field counts, as it contains the others, and the distance is that of the feature maps of full size,
not that of a gate which is broadcast over them. A field may be larger than the input.

A layer that makes a map larger has a stride below 1, and a window that need not be whole: it puts
zeros between the pixels, and then slides a window over both. A field of size f covers floor(f)
pixels of the input.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress

from archdsl.analysis.shapes import Steps, Trace, layers, once, trace
from archdsl.ir.graph import Graph
from archdsl.ir.layers.layer import Span
from archdsl.ir.ops import Aggregate, Chain


@dataclass(frozen=True, slots=True)
class Field:
    """A receptive field in input pixels: its side, and the distance between two neighbours."""

    size: Span = 1
    stride: Span = 1

    def through(self, window: Span, stride: Span) -> Field:
        """Return the field after a layer with this window and stride.

        Args:
            window: size of the layer's window along one dimension, in pixels of its input.
            stride: step between windows, in pixels of its input; a fraction if the layer
                enlarges the map.
        """
        return Field(self.size + (window - 1) * self.stride, self.stride * stride)


def fields(graph: Graph) -> dict[str, Field]:
    """Return the receptive field of one position of each node's result, by the node's name."""
    shapes = trace(graph)
    dims = max(1, len(shapes[graph.input.name][-1]) - 1)
    windows = _windows(graph, shapes, dims)
    different = [own for axis, own in enumerate(windows) if own not in windows[:axis]]
    along = [_along(graph, shapes, own) for own in different]
    if len(along) == 1:  # square kernels and strides
        return along[0]
    by_node = {name: [by_axis[name] for by_axis in along] for name in along[0]}
    return {name: _join(fields, fields) for name, fields in by_node.items()}


def _windows(graph: Graph, shapes: Trace, dims: int) -> list[tuple[Field, ...]]:
    """Return, for each spatial dimension of the input, the window of each chain in order."""
    window = once(lambda chain, steps: [_window(chain, steps, axis) for axis in range(dims)])
    by_chain = [window(chain, shapes[node.name]) for node, chain in graph.chains()]
    return [tuple(own[axis] for own in by_chain) for axis in range(dims)]


def _along(graph: Graph, shapes: Trace, windows: Iterable[Field]) -> dict[str, Field]:
    """Return the receptive field of each node, from the windows of the chains in order."""
    window = iter(windows)
    by_node: dict[str, Field] = {}
    for node in graph:
        sources = [by_node[name] for name in node.inputs]
        if isinstance(node.op, Chain):
            own = next(window)
            by_node[node.name] = sources[0].through(own.size, own.stride)
        elif isinstance(node.op, Aggregate) and node.op.operator.broadcasts:
            size = shapes[node.name][-1][1:]
            full = [shapes[name][-1][1:] == size for name in node.inputs]
            by_node[node.name] = _join(sources, list(compress(sources, full)) or sources)
        else:
            by_node[node.name] = _join(sources, sources)
    return by_node


def receptive_field(graph: Graph) -> Field:
    """Return the receptive field at the last stage's exit, which the head reads."""
    return fields(graph)[graph.stages[-1].exit]


def _window(chain: Chain, steps: Steps, axis: int) -> Field:
    """Return a chain as one window on its own input, composed of the windows of its layers."""
    field = Field()
    for layer, before, _ in layers(chain, steps):
        field = field.through(*layer.window(before, axis))
    return field


def _join(fields: list[Field], whole: list[Field]) -> Field:
    """Return the field of an aggregate.

    Args:
        fields: the fields of all its inputs; the largest size counts.
        whole: the fields of the inputs that are not broadcast; the largest stride counts.
    """
    size = max([field.size for field in fields], default=1)
    return Field(size, max([field.stride for field in whole], default=1))
