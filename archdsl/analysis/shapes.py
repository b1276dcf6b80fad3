"""Shapes of the nodes, and inside a chain after every layer.

Shapes are (features, *rest) without the batch. A graph derives them once. Equal units share the
tuple of their layers, and equal layers on equal shapes share the tuple of their shapes. So a count
for one chain holds for all chains with the same two objects, and `once` computes it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from archdsl.ir.graph import Graph
from archdsl.ir.ops import Chain, Layer, Shape

Result = TypeVar("Result")
Steps = tuple[Shape, ...]
Trace = Mapping[str, Steps]
"""Node to shapes: for a chain its input, then after each layer; otherwise the result alone."""


def shapes(graph: Graph) -> dict[str, Shape]:
    """Return the shape of each node's result, by its name, in the order of computation."""
    return {name: steps[-1] for name, steps in graph.steps.items()}


def trace(graph: Graph) -> Trace:
    """Return every shape in a network, in the order of computation (see `Trace`)."""
    return graph.steps


def layers(chain: Chain, steps: Steps) -> Iterator[tuple[Layer, Shape, Shape]]:
    """Return a chain's layers, each with its input and output shape, without the batch.

    Args:
        chain: layers one after another.
        steps: the shape of the chain's input, then that of each layer's output.
    """
    return zip(chain.layers, steps, steps[1:], strict=False)


def once(count: Callable[[Chain, Steps], Result]) -> Callable[[Chain, Steps], Result]:
    """Cache a function of a chain and its shapes, for all chains that share layers and shapes.

    Use the result only while the graph of these chains exists: the cache is keyed by object ids.
    """
    results: dict[tuple[int, int], Result] = {}

    def counted(chain: Chain, steps: Steps) -> Result:
        key = (id(chain.layers), id(steps))
        if key not in results:
            results[key] = count(chain, steps)
        return results[key]

    return counted
