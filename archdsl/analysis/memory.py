"""Count the bytes of activations for one input in float32, under two conventions.

`inference`: the graph is computed node by node and layer by layer, in blocks part by part. Every
layer writes a new tensor, an aggregate writes only its result, a dropout writes nothing and a
flatten is a view. A tensor is freed when its last reader has finished. The peak counts the
network's input, and at each step both the tensors that are read and the one that is written.

`training`: the tensors that autograd keeps for the backward pass when the plain network is run on
an input that needs no gradient (see `Layer.kept`). A tensor that several layers keep counts once.
The network's input counts if a layer keeps it. Weights, running statistics and the random weights
of drop-path do not count. A custom aggregation without weights is assumed to keep nothing, unless
it overrides `kept_bytes` or `kept_outputs`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import prod

from archdsl.analysis.lifetimes import last_use
from archdsl.analysis.shapes import Steps, once, trace
from archdsl.ir.graph import Graph
from archdsl.ir.layers.keeping import Account
from archdsl.ir.layers.layer import FLOAT
from archdsl.ir.layers.walk import Activation
from archdsl.ir.layers.writing import Schedule
from archdsl.ir.ops import Aggregate, Chain, Shape


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
        peak = max(peak, live + writes.reading, live + writes.after - freed)
        live += writes.last - freed
        if unread:
            live -= writes.last
    return peak


@dataclass(frozen=True, slots=True)
class _Writes:
    """Bytes of the tensors that the layers of a node write.

    `reading` is the most that exists while its inputs are still read, `after` the most that exists
    later, when inputs that no other node reads are freed. `last` is its result.
    """

    reading: int = 0
    last: int = 0
    after: int = 0


def _one(bytes: int) -> _Writes:
    """Return the bytes of a node that writes one tensor."""
    return _Writes(bytes, bytes)


def _written(chain: Chain, steps: Steps) -> _Writes:
    schedule, source = Schedule(), Activation(steps[0])
    result = schedule.chain(chain.layers, source, steps[1:]).base
    if not schedule.steps:
        return _Writes()
    last = {x: i for i, (reads, written) in enumerate(schedule.steps) for x in (*reads, written)}
    last[result] = len(schedule.steps)
    read_until = last.pop(source, -1)
    ending = [0] * (len(schedule.steps) + 1)  # step to bytes whose last reader it is
    for tensor, index in last.items():
        ending[index] += tensor.bytes
    live, most = 0, {True: 0, False: 0}  # whether the input is still read
    for index, (_, written) in enumerate(schedule.steps):
        live += written.bytes
        read = index <= read_until
        most[read] = max(most[read], live)
        live -= ending[index]
    return _Writes(most[True], size(steps[-1]), most[False])


def _homes(graph: Graph) -> dict[str, str]:
    """Return, for each node, the node that wrote its result: another one if it is only a view."""
    homes: dict[str, str] = {}
    views: dict[int, bool] = {}  # by id of the layers, which equal units share
    for node in graph:
        view = False
        if isinstance(node.op, Chain):
            same = id(node.op.layers)
            if same not in views:
                views[same] = not any(layer.writes for layer in node.op.layers)
            view = views[same]
        homes[node.name] = homes[node.inputs[0]] if view else node.name
    return homes


def training(graph: Graph, stages: Mapping[str, StageKeeps] | None = None) -> int:
    """Return the bytes of activations that autograd keeps from the forward pass, batch size 1.

    Args:
        graph: the network.
        stages: what counts the tensors of a node, by the names of the nodes that are not run as
            they are; none by default.
    """
    shapes, needed = trace(graph), _needed(graph)
    keeping = {tracked: once(partial(_chain_keeps, tracked)) for tracked in (False, True)}
    tensors: dict[str, Activation] = {}
    account = Account()
    for node in graph:
        if node.name not in needed:
            continue
        if stages and node.name in stages:
            stages[node.name](account, tensors, node.name)
            continue
        sources, after = [tensors[source] for source in node.inputs], shapes[node.name][-1]
        if isinstance(node.op, Chain):
            keeps = keeping[sources[0].tracked](node.op, shapes[node.name])
            tensors[node.name] = keeps.add(account, sources[0])
        elif isinstance(node.op, Aggregate):
            tensors[node.name] = account.join(node.op.operator, sources, after)
        else:
            tensors[node.name] = Activation(after)
    return account.bytes


StageKeeps = Callable[[Account, dict[str, Activation], str], None]
"""Counts what a node of a stage keeps, and adds its result to the tensors by name."""


@dataclass(frozen=True, slots=True)
class _ChainKeeps:
    """Tensors that a chain keeps for the backward pass.

    Attributes:
        inside: bytes, without the chain's input and result.
        input: whether the chain keeps its input.
        result: its result.
        output: whether the chain keeps its result.
        view: whether the result is a view of the input.
    """

    inside: int
    input: bool
    result: Activation
    output: bool
    view: bool

    def add(self, account: Account, source: Activation) -> Activation:
        """Count what the chain keeps for this input, and return its result."""
        account.extra += self.inside
        base = source.base if self.view else None
        result = Activation(self.result.shape, self.result.tracked, base)
        if self.input:
            account.save([source])
        if self.output:
            account.save([result])
        return result


def _chain_keeps(tracked: bool, chain: Chain, steps: Steps) -> _ChainKeeps:
    """Return what a chain keeps, if a gradient flows to its input (`tracked`) or not."""
    source, account = Activation(steps[0], tracked), Account()
    result = account.chain(chain.layers, source, steps[1:])
    ends = {source, result.base}
    inside = account.bytes - sum(tensor.bytes for tensor in ends & account.saved)
    kept = (source in account.saved, result.base in account.saved)
    return _ChainKeeps(inside, kept[0], result, kept[1], view=result.base is source)


def _needed(graph: Graph) -> set[str]:
    """Return the nodes that the output depends on.

    Autograd frees the tensors of the other nodes together with their results.
    """
    needed = {graph.output}
    for node in reversed(tuple(graph)):
        if node.name in needed:
            needed.update(node.inputs)
    return needed
