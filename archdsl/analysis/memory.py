"""Count the bytes of activations for one input in float32, under two conventions.

`inference`: the graph is computed node by node and layer by layer. Every layer writes a new tensor,
an aggregate writes only its result, a dropout writes nothing and a flatten is a view. A tensor is
freed when its last reader has finished. The peak counts the network's input, and at each step both
the tensors that are read and the one that is written.

`training`: the tensors that autograd keeps for the backward pass when the plain network is run on
an input that needs no gradient (see `Layer.kept`). A tensor that several layers keep counts once.
The network's input counts if a layer keeps it. Weights, running statistics and the random weights
of drop-path do not count. A custom aggregation without weights is assumed to keep nothing, unless
it overrides `kept_bytes` or `kept_outputs`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import prod

from archdsl.analysis.lifetimes import last_use
from archdsl.analysis.shapes import Steps, Trace, layers, once, trace
from archdsl.ir.graph import Graph, Node
from archdsl.ir.layers.layer import FLOAT, Kept
from archdsl.ir.ops import Aggregate, Chain, Layer, Shape


def size(shape: Shape) -> int:
    """Return the bytes of a float32 tensor."""
    return FLOAT * prod(shape)


def inference(graph: Graph) -> int:
    """Return the largest number of bytes of activations that exist at once, at batch size 1."""
    shapes, written = trace(graph), once(_written)
    homes = _homes(graph)
    ends = last_use(graph, homes)
    ending: dict[int, int] = defaultdict(int)  # node index to bytes whose last reader it is
    for name, last in ends.items():
        ending[last] += size(shapes[name][-1])
    live = peak = 0
    for index, node in enumerate(graph):
        steps = shapes[node.name]
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
    """Bytes of the tensors that the layers of a node write one after the other.

    `pair` is the largest sum of two neighbours: one is read while the other is written. The inputs
    of the node that nothing reads later are freed after the first tensor is written.
    """

    first: int = 0
    last: int = 0
    pair: int = 0


def _one(bytes: int) -> _Writes:
    """Return the bytes of a node that writes one tensor."""
    return _Writes(bytes, bytes)


def _written(chain: Chain, steps: Steps) -> _Writes:
    sizes = [size(result) for layer, _, result in layers(chain, steps) if _writes(layer)]
    if not sizes:
        return _Writes()
    return _Writes(
        sizes[0], sizes[-1], max([one + other for one, other in pairwise(sizes)], default=0)
    )


def _writes(layer: Layer) -> bool:
    """Return whether a layer writes a tensor at inference."""
    return not (layer.view or layer.training_only)


def _homes(graph: Graph) -> dict[str, str]:
    """Return, for each node, the node that wrote its result: another one if it is only a view."""
    homes: dict[str, str] = {}
    views: dict[int, bool] = {}  # by id of the layers, which equal units share
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
    """A tensor in training: whether a gradient flows to it, and whether it was already counted."""

    bytes: int
    tracked: bool
    saved: bool = False

    def save(self) -> int:
        """Mark the tensor as saved; return its bytes if it was not saved before, else 0."""
        added = 0 if self.saved else self.bytes
        self.saved = True
        return added


def training(graph: Graph) -> int:
    """Return the bytes of activations that autograd keeps from the forward pass, batch size 1."""
    shapes, needed = trace(graph), _needed(graph)
    keeping = {tracked: once(partial(_chain_keeps, tracked)) for tracked in (False, True)}
    tensors: dict[str, _Tensor] = {}
    total = 0
    for node in graph:
        if node.name in needed:
            sources = [tensors[source] for source in node.inputs]
            if isinstance(node.op, Chain):
                keeps = keeping[sources[0].tracked](node.op, shapes[node.name])
                kept, tensors[node.name] = keeps.after(sources[0])
            else:
                kept, tensors[node.name] = _run(node, shapes, sources)
            total += kept
    return total


def _run(node: Node, shapes: Trace, sources: Sequence[_Tensor]) -> tuple[int, _Tensor]:
    """Return the bytes that an input or an aggregate keeps, and its result."""
    steps = shapes[node.name]
    result = _Tensor(size(steps[-1]), any(source.tracked for source in sources))
    if not isinstance(node.op, Aggregate):
        return 0, result
    operator = node.op.operator
    result.tracked = result.tracked or bool(node.op.scope)  # its weights need gradients
    if not result.tracked:
        return 0, result
    total = operator.kept_bytes([shapes[source][-1] for source in node.inputs])
    total += sum(sources[index].save() for index in operator.kept_outputs(len(sources)))
    then = operator.then()
    if then is not None:
        total += result.save() if then == "relu" else result.bytes
    return total, result


@dataclass(frozen=True, slots=True)
class _ChainKeeps:
    """Tensors that a chain keeps for the backward pass.

    Attributes:
        inside: bytes, without the chain's input.
        input: whether the chain keeps its input.
        result: fields of the result's `_Tensor`; None if the result is the input itself.
    """

    inside: int
    input: bool
    result: tuple[int, bool, bool] | None

    def after(self, tensor: _Tensor) -> tuple[int, _Tensor]:
        """Return the bytes that the chain keeps for this input, and its result."""
        total = self.inside + (tensor.save() if self.input else 0)
        return total, _Tensor(*self.result) if self.result else tensor


def _chain_keeps(tracked: bool, chain: Chain, steps: Steps) -> _ChainKeeps:
    """Return what a chain keeps, if a gradient flows to its input (`tracked`) or not."""
    source = tensor = _Tensor(size(steps[0]), tracked)
    total = 0
    for layer, before, after in layers(chain, steps):
        keeps = layer.kept(before, after)
        if keeps.untracked is not None and not tensor.tracked:
            keeps = Kept(extra=keeps.untracked, always=keeps.always)
        result = _Tensor(size(after), tensor.tracked or keeps.always)
        if layer.view:
            result = tensor
        if result.tracked:
            total += keeps.extra
            total += tensor.save() if keeps.input else 0
            total += result.save() if keeps.result else 0
        tensor = result
    fields = None if tensor is source else (tensor.bytes, tensor.tracked, tensor.saved)
    return _ChainKeeps(total - source.bytes * source.saved, source.saved, fields)


def _needed(graph: Graph) -> set[str]:
    """Return the nodes that the output depends on.

    Autograd frees the tensors of the other nodes together with their results.
    """
    needed = {graph.output}
    for node in reversed(tuple(graph)):
        if node.name in needed:
            needed.update(node.inputs)
    return needed
