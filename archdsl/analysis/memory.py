"""Bytes of activations for one input in float32, under two stated conventions.

`inference`: the graph is computed node by node and layer by layer. Every layer writes a fresh
tensor, an aggregate writes its result and nothing besides, a dropout is no layer and a flatten is
a view. A tensor goes when its last reader has written. The peak counts the network's input, and at
each step both what is read and what is written.

`training`: what autograd keeps for the backward pass when the plain network is run on an input
that needs no gradient, every tensor once however many layers keep it (`Layer.kept` says
which). The network's input counts if a layer keeps it, weights and running statistics do
not, nor do the few weights that a mean draws for drop-path. An aggregation from outside says what
it keeps: nothing, unless it has weights or answers otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import prod

from archdsl.analysis.lifetimes import last_use
from archdsl.analysis.shapes import Steps, layers, once, trace
from archdsl.ir.graph import Graph, Node
from archdsl.ir.layers.layer import FLOAT, Kept
from archdsl.ir.ops import Aggregate, Chain, Layer, Shape


def size(shape: Shape) -> int:
    """Bytes of a float32 tensor."""
    return FLOAT * prod(shape)


def inference(graph: Graph) -> int:
    """The most bytes of activations that exist at once; batch 1, float32."""
    known, written = trace(graph), once(_written)
    homes = _homes(graph)
    ends = last_use(graph, homes)
    ending: dict[int, int] = defaultdict(int)  # bytes that the node of a number reads last
    for name, last in ends.items():
        ending[last] += size(known[name][-1])
    live = peak = 0
    for index, node in enumerate(graph):
        steps = known[node.name]
        unread = ends.get(node.name) == index
        freed = ending[index] - (size(steps[-1]) if unread else 0)
        writes = written(node.op, steps) if isinstance(node.op, Chain) else _one(size(steps[-1]))
        peak = max(peak, live + writes.first, live + writes.pair - freed)
        live += writes.last - freed
        if unread:
            live -= writes.last
    return peak


@dataclass(frozen=True, slots=True)
class _Writes:
    """Bytes of the tensors that a node writes in turn.

    `pair` is the most that two neighbours take, one of which is read while the other is written.
    What the node read for the last time is freed after the first.
    """

    first: int = 0
    last: int = 0
    pair: int = 0


def _one(bytes: int) -> _Writes:
    """A node that writes one tensor."""
    return _Writes(bytes, bytes)


def _written(chain: Chain, steps: Steps) -> _Writes:
    sizes = [size(made) for layer, _, made in layers(chain, steps) if _writes(layer)]
    if not sizes:
        return _Writes()
    return _Writes(
        sizes[0], sizes[-1], max([one + other for one, other in pairwise(sizes)], default=0)
    )


def _writes(layer: Layer) -> bool:
    return not (layer.view or layer.training_only)


def _homes(graph: Graph) -> dict[str, str]:
    """For each node, the node that wrote its result: another one if it is only a view."""
    homes: dict[str, str] = {}
    views: dict[int, bool] = {}  # by the id of layers, which equal units share
    for node in graph:
        view = False
        if isinstance(node.op, Chain):
            same = id(node.op.layers)
            if same not in views:
                views[same] = not any(map(_writes, node.op.layers))
            view = views[same]
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


def training(graph: Graph) -> int:
    """Bytes of activations that autograd keeps from the forward pass; batch 1, float32."""
    known, needed = trace(graph), _needed(graph)
    keeping = {tracked: once(partial(_chain_keeps, tracked)) for tracked in (False, True)}
    tensors: dict[str, _Tensor] = {}
    total = 0
    for node in graph:
        if node.name in needed:
            sources = [tensors[source] for source in node.inputs]
            if isinstance(node.op, Chain):
                keeps = keeping[sources[0].tracked](node.op, known[node.name])
                found, tensors[node.name] = keeps.after(sources[0])
            else:
                found, tensors[node.name] = _run(node, known, sources)
            total += found
    return total


def _run(
    node: Node, steps_of: Mapping[str, Steps], sources: Sequence[_Tensor]
) -> tuple[int, _Tensor]:
    """Return what an input or an aggregate keeps, and its result."""
    steps = steps_of[node.name]
    result = _Tensor(size(steps[-1]), any(source.tracked for source in sources))
    if not isinstance(node.op, Aggregate):
        return 0, result
    operator = node.op.operator
    result.tracked = result.tracked or bool(node.op.scope)  # its weights need gradients
    if not result.tracked:
        return 0, result
    total = operator.kept_bytes([steps_of[source][-1] for source in node.inputs])
    total += sum(sources[index].save() for index in operator.kept_outputs(len(sources)))
    then = operator.then()
    if then is not None:
        total += result.save() if then == "relu" else result.bytes
    return total, result


@dataclass(frozen=True, slots=True)
class _ChainKeeps:
    """What a chain keeps besides its input, whether it keeps that, and its result if it is new."""

    inside: int
    input: bool
    result: tuple[int, bool, bool] | None

    def after(self, tensor: _Tensor) -> tuple[int, _Tensor]:
        """The bytes kept for a chain that is given a tensor, and its result."""
        total = self.inside + (tensor.save() if self.input else 0)
        return total, _Tensor(*self.result) if self.result else tensor


def _chain_keeps(tracked: bool, chain: Chain, steps: Steps) -> _ChainKeeps:
    given = tensor = _Tensor(size(steps[0]), tracked)
    total = 0
    for layer, before, after in layers(chain, steps):
        keeps = layer.kept(before, after)
        if keeps.untracked is not None and not tensor.tracked:
            keeps = Kept(extra=keeps.untracked, always=keeps.always)
        made = _Tensor(size(after), tensor.tracked or keeps.always)
        if layer.view:
            made = tensor
        if made.tracked:
            total += keeps.extra
            total += tensor.save() if keeps.input else 0
            total += made.save() if keeps.result else 0
        tensor = made
    result = None if tensor is given else (tensor.bytes, tensor.tracked, tensor.saved)
    return _ChainKeeps(total - given.bytes * given.saved, given.saved, result)


def _needed(graph: Graph) -> set[str]:
    """The nodes that the output depends on: what others keep goes with their results."""
    needed = {graph.output}
    for node in reversed(tuple(graph)):
        if node.name in needed:
            needed.update(node.inputs)
    return needed
