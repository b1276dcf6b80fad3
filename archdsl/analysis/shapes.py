"""The shape of every node, and inside a chain after every layer.

Shapes are (features, *rest) without the batch. `trace` is worked out once and handed to the other
analyses; each makes its own if it is given none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate

from archdsl.ir.graph import Graph, Node
from archdsl.ir.ops import Chain, Layer, Shape
from archdsl.ir.shapes import after, after_layer

Trace = Mapping[str, tuple[Shape, ...]]
"""By node: for a chain the shape it is given, then the shape after each layer; else its own."""


def shapes(graph: Graph, known: Trace | None = None) -> dict[str, Shape]:
    """The shape that each node makes, by its name, in the order of computation."""
    return {name: steps[-1] for name, steps in (known or trace(graph)).items()}


def trace(graph: Graph) -> dict[str, tuple[Shape, ...]]:
    """Every shape there is in a network, in the order of computation (see `Trace`)."""
    known: dict[str, tuple[Shape, ...]] = {}
    for node in graph:
        known[node.name] = _steps(node, [known[source][-1] for source in node.inputs])
    return known


def layers(chain: Chain, steps: tuple[Shape, ...]) -> Iterator[tuple[Layer, Shape, Shape]]:
    """A chain's layers, each with the shape it is given and the shape it makes."""
    return zip(chain.layers, steps, steps[1:], strict=False)


def _steps(node: Node, given: list[Shape]) -> tuple[Shape, ...]:
    if not isinstance(node.op, Chain):
        return (after(node.op, given),)
    return tuple(accumulate(node.op.layers, _after, initial=given[0]))


def _after(shape: Shape, layer: Layer) -> Shape:
    return after_layer(layer, shape)
