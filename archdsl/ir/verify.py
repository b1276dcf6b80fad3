"""The invariants of a graph, numbered as in docs/ir.md. A broken one is a bug of the compiler."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from archdsl.counted import counted
from archdsl.errors import ArchdslError
from archdsl.ir.graph import Graph, Node, Stage
from archdsl.ir.ops import Aggregate, Chain, Input, Layer, Shape, Weighted
from archdsl.ir.shapes import mismatch, show
from archdsl.language.aggregation import Aggregation


class InvariantError(Exception):
    """A graph that no pass may return; `rule` is the number of the broken invariant."""

    def __init__(self, rule: str, message: str) -> None:
        self.rule = rule
        super().__init__(f"invariant {rule}: {message}")


def verify(graph: Graph) -> Graph:
    """The graph itself, if all invariants hold. Raises InvariantError."""
    for check in (names, order, ends, operands, shapes, weights, stages, placements):
        for problem in check(graph):
            raise InvariantError(check.__doc__.split(".")[0] if check.__doc__ else "", problem)
    return graph


def names(graph: Graph) -> Iterator[str]:
    """I1. Each node is keyed by its own unique name."""
    for name, node in graph.nodes.items():
        if name != node.name:
            yield f"{node.name} has the key {name}"


def order(graph: Graph) -> Iterator[str]:
    """I2. Nodes are in the order of computation: inputs come before their readers."""
    seen: set[str] = set()
    for node in graph:
        for source in node.inputs:
            if source not in seen:
                yield f"{node.name} reads {source}, which does not come before it"
        seen.add(node.name)


def ends(graph: Graph) -> Iterator[str]:
    """I3. There is one input, it comes first, and the output is a node."""
    inputs = [node.name for node in graph if isinstance(node.op, Input)]
    if inputs != [graph.input.name]:
        yield f"the inputs are {inputs}"
    if graph.output not in graph.nodes:
        yield f"the output {graph.output} is not a node"


def operands(graph: Graph) -> Iterator[str]:
    """I4. An input reads nothing, a chain one node, an aggregate two or more, one if it folds."""
    for node in graph:
        count = len(node.inputs)
        alone = isinstance(node.op, Aggregate) and node.op.operator.folds
        fits = {Input: count == 0, Chain: count == 1, Aggregate: count > 1 - alone}[type(node.op)]
        if not fits:
            yield f"{node.name} reads {count} nodes"


def shapes(graph: Graph) -> Iterator[str]:
    """I5. Every node has a shape: windows fit, joined shapes match, broadcast where declared."""
    try:
        steps = graph.steps
    except ArchdslError as error:
        yield str(error)
        return
    fitting: set[tuple[int, int]] = set()
    for node in graph:
        if isinstance(node.op, Aggregate):
            sources = [steps[source][-1] for source in node.inputs]
            operator, widths = node.op.operator, [shape[0] for shape in sources]
            if mismatch(operator, sources) is not None or operator.problem(widths):
                yield f"{node.name} joins {', '.join(map(show, sources))}"
        elif isinstance(node.op, Chain):
            # Equal units share their layers, and the same layers on equal shapes their steps.
            same = (id(node.op.layers), id(steps[node.name]))
            if same not in fitting:
                yield from _widths(node.name, node.op.layers, steps[node.name])
                fitting.add(same)


def _widths(name: str, layers: Sequence[Layer], steps: Sequence[Shape]) -> Iterator[str]:
    for layer, shape in zip(layers, steps, strict=False):
        features = layer.takes()
        if features is not None and features != shape[0]:
            yield f"{name}: a layer takes {counted(features, 'feature')} of {shape[0]}"


def weights(graph: Graph) -> Iterator[str]:
    """I6. No two layers own the same weights, nor do two outputs that are joined by folds."""
    owned: dict[int, frozenset[str]] = {}  # names of weights, by the id of shared layers
    seen: dict[str, frozenset[str]] = {}
    for _, chain in graph.chains():
        if id(chain.layers) not in owned:
            own = [x.name for x in chain.layers if isinstance(x, Weighted)]
            owned[id(chain.layers)] = frozenset(own)
            if len(set(own)) < len(own):
                yield f"a name in {chain.scope} is owned twice"
        before, here = seen.get(chain.scope, frozenset()), owned[id(chain.layers)]
        if before & here:
            yield f"{chain.scope}.{min(before & here)} is owned twice"
        seen[chain.scope] = before | here
    made_of = _carried(graph)
    owners: dict[str, str] = {}  # by scope, the aggregate or the output that owns its weights
    for node, aggregate in graph.aggregates():
        operator, scopes = aggregate.operator, aggregate.scopes
        folded = [made_of.get(source, source) for source in node.inputs[1:]]
        own = folded if operator.folds else [node.name]
        pairs = [*zip(scopes, own, strict=False)]
        taken = any(scope in seen or owners.setdefault(scope, one) != one for scope, one in pairs)
        if len(scopes) != (len(own) if operator.weights() else 0) or taken:
            yield f"the weights of an aggregate have the scopes {list(scopes)}"


def _carried(graph: Graph) -> dict[str, str]:
    """Return the output that each chain carries over a border, by the name of the chain."""
    made_of: dict[str, str] = {}
    for stage in graph.stages:
        for name in stage.carries:
            if name not in stage.outputs:
                before = graph[name].inputs[0]
                made_of.setdefault(name, made_of.get(before, before))
    return made_of


def stages(graph: Graph) -> Iterator[str]:
    """I7. A stage's layers read exactly what its rule says, by equation 2 or its running form."""
    for stage in graph.stages:
        if len(stage.outputs) != stage.depth + 1 or len(stage.reads) != stage.depth:
            outputs = counted(len(stage.outputs), "output")
            yield f"stage {stage.index} has {outputs} for {counted(stage.depth, 'layer')}"
        joined: dict[str, tuple[int, ...]]
        joined = outputs_at(stage, 1)
        crossed = {border.layer for border in stage.borders}
        for layer in range(2 if stage.projected else 1, stage.depth + 1):
            if layer in crossed:  # what was joined before is not what is read now
                joined = outputs_at(stage, layer)
            wanted, node = stage.sources(layer), graph[stage.layers[layer - 1]]
            reads = stage.reads[layer - 1]
            if node.inputs == (reads,) and _joins_outputs(graph[reads], stage, layer, wanted):
                continue
            if node.inputs != (reads,) or joins(graph, stage.operator, reads, joined) != wanted:
                yield f"layer {layer} of stage {stage.index} does not read outputs {wanted}"
        wanted = stage.exit_sources()
        if stage.operator.running and stage.leaves != "last":
            wanted = tuple(range(stage.depth + 1))
        if stage.joining:  # its aggregates are not those of the layers
            joined = outputs_at(stage, stage.depth + 1)
        if joins(graph, stage.exit_operator, stage.exit, joined) != wanted:
            yield f"the exit of stage {stage.index} does not read outputs {wanted}"


def outputs_at(stage: Stage, layer: int) -> dict[str, tuple[int, ...]]:
    """Return the index of each output that a layer may read, by the node in which it reads it.

    Args:
        stage: the stage.
        layer: index of the layer from 1; N + 1 is the exit.
    """
    if not stage.borders:
        return {name: (index,) for index, name in enumerate(stage.outputs)}
    return {stage.output(index, layer): (index,) for index in range(len(stage.outputs))}


def placements(graph: Graph) -> Iterator[str]:
    """I8. In a placed stage every reader gathers its outputs before they are overwritten."""
    for stage in graph.stages:
        plan = stage.placement
        if plan is None:
            continue
        whole: list[tuple[int, int]] = []  # (first channel, output) of those not overwritten yet
        for output, sources in enumerate(stage.all_sources()):
            start, end = plan.span(output)
            first = bisect_left(whole, (start, -1))
            if first and plan.span(whole[first - 1][1])[1] > start:
                first -= 1
            whole[first : bisect_left(whole, (end, -1))] = [(start, output)]
            kept = all(_holds(whole, plan.places[source], source) for source in sources)
            if plan.gathers[output] != plan.reads(sources) or not kept:
                yield f"reader {output + 1} of stage {stage.index} gathers something else"


def _holds(spans: list[tuple[int, int]], start: int, output: int) -> bool:
    """Whether ascending spans, which do not overlap, hold an output."""
    place = bisect_left(spans, (start, output))
    return spans[place : place + 1] == [(start, output)]


def _uses(node: Node, operator: Aggregation) -> bool:
    """Whether a node joins by an operator."""
    return isinstance(node.op, Aggregate) and node.op.operator == operator


def _joins_outputs(node: Node, stage: Stage, layer: int, sources: Sequence[int]) -> bool:
    """Whether a node reads what a layer reads itself: the common case, which needs no search."""
    if stage.borders:
        inputs = tuple(stage.output(source, layer) for source in sources)
    else:
        inputs = tuple(map(stage.outputs.__getitem__, sources))
    return node.inputs == inputs and _uses(node, stage.operator)


def joins(
    graph: Graph, operator: Aggregation, name: str, indices: dict[str, tuple[int, ...]]
) -> tuple[int, ...] | None:
    """Return the outputs that a node joins, directly or through an aggregate that begins with them.

    The result is None if the node is not such an aggregate.

    Args:
        graph: the graph.
        operator: the aggregation of the reader.
        name: the node.
        indices: the result for other nodes; new results are added, because a running sum asks
            for all of its prefixes.
    """
    if name not in indices:
        node = graph[name]
        parts = [joins(graph, operator, source, indices) for source in node.inputs[:1]]
        parts += [indices.get(source) for source in node.inputs[1:]]
        if not _uses(node, operator) or None in parts:
            return None
        indices[name] = tuple(index for part in parts if part for index in part)
    return indices[name]
