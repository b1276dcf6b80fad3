"""The shape of every node, and inside a chain after every layer.

Shapes are (features, *rest) without the batch. A graph derives them once. Equal units share their
layers, and layers on equal shapes share their steps, so what is counted for one chain holds for all
chains with the same two objects: `once` counts it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from archdsl.ir.graph import Graph
from archdsl.ir.ops import Chain, Layer, Shape

Result = TypeVar("Result")
Steps = tuple[Shape, ...]
Trace = Mapping[str, Steps]
"""By node: for a chain the shape it is given, then the shape after each layer; else its own."""


def shapes(graph: Graph) -> dict[str, Shape]:
    """The shape that each node makes, by its name, in the order of computation."""
    return {name: steps[-1] for name, steps in graph.steps.items()}


def trace(graph: Graph) -> Trace:
    """Every shape in a network, in the order of computation (see `Trace`)."""
    return graph.steps


def layers(chain: Chain, steps: Steps) -> Iterator[tuple[Layer, Shape, Shape]]:
    """A chain's layers, each with the shape it is given and the shape it makes."""
    return zip(chain.layers, steps, steps[1:], strict=False)


def once(count: Callable[[Chain, Steps], Result]) -> Callable[[Chain, Steps], Result]:
    """The function of a chain's layers and their shapes, evaluated once for the same objects.

    To be kept no longer than the graph whose chains it is given: it knows them by their ids.
    """
    known: dict[tuple[int, int], Result] = {}

    def counted(chain: Chain, steps: Steps) -> Result:
        key = (id(chain.layers), id(steps))
        if key not in known:
            known[key] = count(chain, steps)
        return known[key]

    return counted
