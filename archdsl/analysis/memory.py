"""Bytes of activations for one input in float32, under two stated conventions.

`inference`: the graph is computed node by node and layer by layer. Every layer writes a fresh
tensor, an aggregate writes its result and nothing besides, a dropout is no layer and a flatten is
a view. A tensor goes when its last reader has written. The peak counts the network's input, and at
each step both what is read and what is written.

`training`: what autograd keeps for the backward pass when the plain network is run on an input
that needs no gradient, every tensor once however many layers keep it (`autograd.kept` says
which). The network's input counts if a layer keeps it, weights and running statistics do
not, nor do the few weights that a mean draws for drop-path. An aggregation of one's own is taken to
keep nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import prod

from archdsl.analysis.autograd import FLOAT, kept
from archdsl.analysis.lifetimes import last_use
from archdsl.analysis.shapes import Trace, layers, trace
from archdsl.ir.graph import Graph, Node
from archdsl.ir.ops import Aggregate, Chain, Dropout, Flatten, Layer, Shape


def size(shape: Shape) -> int:
    """Bytes of a float32 tensor."""
    return FLOAT * prod(shape)


def inference(graph: Graph, known: Trace | None = None) -> int:
    """The most bytes of activations that exist at once; batch 1, float32."""
    known = known or trace(graph)
    homes = _homes(graph)
    ends = last_use(graph, homes)
    sizes = {name: size(known[name][-1]) for name in ends}
    live = peak = 0
    for index, node in enumerate(graph):
        read = {homes[source] for source in node.inputs}
        freed = sum(sizes[name] for name in read if ends[name] == index)
        written = _written(node, known[node.name])
        peak = max(peak, live + _highest(written, freed))
        live += (written[-1] if written else 0) - freed
        if ends.get(node.name) == index:
            live -= written[-1]
    return peak


def _highest(written: list[int], freed: int) -> int:
    """The most bytes that writing tensors in turn takes; `freed` go after the first."""
    pairs = (before + after - freed for before, after in pairwise(written))
    return max([*written[:1], *pairs], default=0)


def _written(node: Node, steps: tuple[Shape, ...]) -> list[int]:
    """Bytes of the tensors that a node writes, in order."""
    if not isinstance(node.op, Chain):
        return [size(steps[-1])]
    return [size(made) for layer, _, made in layers(node.op, steps) if _writes(layer)]


def _writes(layer: Layer) -> bool:
    return not isinstance(layer, Dropout | Flatten)


def _homes(graph: Graph) -> dict[str, str]:
    """For each node, the node that wrote its result: another one if it is only a view."""
    homes: dict[str, str] = {}
    for node in graph:
        view = isinstance(node.op, Chain) and not any(map(_writes, node.op.layers))
        homes[node.name] = homes[node.inputs[0]] if view else node.name
    return homes


@dataclass(slots=True, eq=False)
class _Tensor:
    """`tracked`: whether a gradient flows to it. `saved`: whether it is counted already."""

    bytes: int
    tracked: bool
    saved: bool = False

    def save(self) -> int:
        """Its bytes, the first time."""
        found = 0 if self.saved else self.bytes
        self.saved = True
        return found


def training(graph: Graph, known: Trace | None = None) -> int:
    """Bytes of activations that autograd keeps from the forward pass; batch 1, float32."""
    known = known or trace(graph)
    needed = _needed(graph)
    tensors: dict[str, _Tensor] = {}
    total = 0
    for node in graph:
        if node.name in needed:
            found, tensors[node.name] = _run(node, known[node.name], tensors)
            total += found
    return total


def _run(node: Node, steps: tuple[Shape, ...], given: Mapping[str, _Tensor]) -> tuple[int, _Tensor]:
    """What a node keeps, and its result."""
    sources = [given[source] for source in node.inputs]
    if isinstance(node.op, Chain):
        return _chain(node.op, steps, sources[0])
    result = _Tensor(size(steps[-1]), any(source.tracked for source in sources))
    then = node.op.operator.then() if isinstance(node.op, Aggregate) else None
    if then is None or not result.tracked:
        return 0, result
    return (result.save() if then == "relu" else result.bytes), result


def _chain(chain: Chain, steps: tuple[Shape, ...], tensor: _Tensor) -> tuple[int, _Tensor]:
    total = 0
    for layer, before, after in layers(chain, steps):
        keeps = kept(layer, before, after)
        made = _Tensor(size(after), tensor.tracked or keeps.always)
        if isinstance(layer, Flatten):
            made = tensor
        if made.tracked:
            total += keeps.extra
            total += tensor.save() if keeps.input else 0
            total += made.save() if keeps.result else 0
        tensor = made
    return total, tensor


def _needed(graph: Graph) -> set[str]:
    """The nodes that the output depends on: what others keep goes with their results."""
    needed = {graph.output}
    for node in reversed(tuple(graph)):
        if node.name in needed:
            needed.update(node.inputs)
    return needed
