"""Find the weights that read each output: those of the first weighted layer of each reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archdsl.analysis.shapes import shapes
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.layers.block import Block, blocks_of
from archdsl.ir.ops import Aggregate, Chain, Layer, Shape, Weighted
from archdsl.language.aggregation import Aggregation

WIDE = 1 << 40
"""A width of outputs that every aggregation takes, to ask what it does with them."""

Features = tuple[range, ...]
"""Features in the order of a tensor."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A layer, or the layer after the stage (`layer` is N + 1), and the weights that read.

    `weights` are the state-dict keys of the weights, each with its number of groups; they are
    several where a unit begins with branches. `features[i]` are their input features that hold
    output `sources[i]`. For a part of a block, `layer` is its number.
    """

    stage: int | None
    layer: int
    weights: tuple[tuple[str, int], ...]
    sources: tuple[int, ...]
    features: tuple[Features, ...]


@dataclass(frozen=True, slots=True)
class Joining:
    """An aggregate with weights of its own, whose names begin with `scope`, and what it joins."""

    layer: int
    sources: tuple[int, ...]
    scope: str
    operator: Aggregation


def tells_apart(stage: Stage) -> bool:
    """Return whether each output has separate weights: where outputs are added, all share them."""
    joins = any(len(stage.sources(layer)) > 1 for layer in range(1, stage.depth + 1))
    return _holds_apart(stage.operator) or not joins


def exit_tells_apart(stage: Stage) -> bool:
    """Return whether what reads the exit has separate weights for each output that leaves."""
    if stage.joining is None:
        return tells_apart(stage)
    return _holds_apart(stage.joining) or len(stage.exit_sources()) == 1


def _holds_apart(operator: Aggregation) -> bool:
    """Return whether some features of an aggregate hold one output and not another."""
    return operator.holds([WIDE, WIDE]) is not None


def stage_joins(graph: Graph, stage: Stage) -> Iterator[Joining]:
    """Yield the aggregates of a stage that own weights, but for running ones.

    Args:
        graph: the network.
        stage: a stage of it.
    """
    ends = [*enumerate(stage.reads, start=1), (stage.depth + 1, stage.exit)]
    for layer, name in ends:
        op = graph[name].op
        whole = isinstance(op, Aggregate) and not (op.operator.running or op.operator.folds)
        if isinstance(op, Aggregate) and op.scopes and whole:
            sources = stage.exit_sources() if layer > stage.depth else stage.sources(layer)
            yield Joining(layer, tuple(sources), op.scopes[0], op.operator)


@dataclass(frozen=True, slots=True)
class Carried:
    """A reader of a state, and the outputs in it.

    `joins` are the scopes of the weights that join these, of all but the oldest. `reading` has the
    state-dict keys of the weights through which it reads, by `layer.name`.
    """

    layer: int
    sources: tuple[int, ...]
    joins: tuple[str, ...]
    reading: Mapping[str, str]


def carried(graph: Graph, stage: Stage) -> Iterator[Carried]:
    """Yield the readers of two or more outputs of a stage whose states are joined with weights.

    Args:
        graph: the network.
        stage: a stage of it.
    """
    operator = stage.operator
    if not _carries(operator):
        return
    scopes: tuple[str, ...] = ()
    ends = [*enumerate(stage.reads, start=1), (stage.depth + 1, stage.exit)]
    for (layer, name), reads in zip(ends, stage.all_sources(), strict=True):
        op = graph[name].op
        if not isinstance(op, Aggregate) or not op.scopes or op.operator != operator:
            continue
        scopes = op.scopes if operator.folds else scopes + op.scopes
        sources = reads if operator.folds else tuple(range(layer))
        unit = graph[stage.layers[layer - 1]].op if layer <= stage.depth else None
        layers, scope = (unit.layers, unit.scope) if isinstance(unit, Chain) else ((), "")
        yield Carried(layer, sources, scopes, _reading(operator, layer, layers, f"{scope}."))


def _carries(operator: Aggregation) -> bool:
    """Return whether outputs are joined with weights one after another, in a state."""
    return bool((operator.running or operator.folds) and operator.weights())


def _reading(
    operator: Aggregation, reader: int, layers: Sequence[Layer], prefix: str
) -> dict[str, str]:
    """Return the state-dict keys of the weights through which a reader of these layers reads."""
    return {
        f"{own.name}.{key}": f"{prefix}{own.name}.{key}"
        for own in layers[: len(operator.read(reader))]
        if isinstance(own, Weighted)
        for key in own.weights()
    }


def block_carried(path: str, block: Block) -> Iterator[Carried]:
    """Yield the readers of two or more outputs of a block whose states are joined with weights.

    Args:
        path: the names of the block and of what is around it.
        block: the block.
    """
    operator = block.operator
    scopes: tuple[str, ...] = ()
    parts = [*block.scopes(), ("", ())]
    for join, _ in block.joins() if _carries(operator) else ():
        if join.operator == operator and join.scopes:
            own = tuple(f"{path}.{scope}" for scope in join.scopes)
            scopes = own if operator.folds else scopes + own
            prefix, layers = parts[join.reader]
            keys = _reading(operator, join.reader + 1, layers, f"{path}.{prefix}")
            yield Carried(join.reader + 1, join.outputs, scopes, keys)


def block_joins(path: str, block: Block) -> Iterator[Joining]:
    """Yield the aggregates of a block that own weights, but for states.

    Args:
        path: the names of the block and of what is around it.
        block: the block.
    """
    for join, _ in block.joins():
        if join.operator.weights() and not _carries(join.operator):
            scope = f"{path}.{join.scopes[0]}"
            yield Joining(join.reader + 1, join.outputs, scope, join.operator)


def readers(graph: Graph) -> Iterator[Reader]:
    """Yield every reader of every stage whose outputs have separate weights, in order."""
    result_shapes = shapes(graph)
    for stage in graph.stages:
        if tells_apart(stage):
            for layer, name in enumerate(stage.layers, start=1):
                yield from _reader(graph, result_shapes, stage, layer, name)
        after = graph.head if stage is graph.stages[-1] else graph.between[stage.index]
        if after is not None and exit_tells_apart(stage):
            yield from _reader(graph, result_shapes, stage, stage.depth + 1, after)


def _reader(
    graph: Graph, result_shapes: Mapping[str, Shape], stage: Stage, layer: int, name: str
) -> Iterator[Reader]:
    """Yield the reader, if it has weights and its inputs are a multiple of the channels read."""
    op, leaves = graph[name].op, layer > stage.depth
    operator = stage.exit_operator if leaves else stage.operator
    sources = stage.exit_sources() if leaves else stage.sources(layer)
    widths = tuple(result_shapes[stage.output(source, layer)][0] for source in sources)
    if stage.projected and layer == 1:  # the input is read before it is projected
        widths = tuple(result_shapes[source][0] for source in graph[name].inputs)
    firsts = _firsts(op.layers, f"{op.scope}.") if isinstance(op, Chain) else {}
    inputs = next((first.takes() for first in firsts.values()), None)
    features = _features(operator, widths)
    read = max((own.stop for each in features for own in each), default=0)
    if not inputs or not read or inputs % read:
        return
    size = inputs // read  # the positions of a feature map that was flattened
    yield Reader(
        stage.index, layer, _keys(firsts), tuple(sources), _features(operator, widths, size)
    )  # fmt: skip


def _features(operator: Aggregation, widths: Sequence[int], size: int = 1) -> tuple[Features, ...]:
    """Return the features that hold each output, each `size` times; none if all hold all."""
    return tuple(
        tuple(range(own.start * size, own.stop * size) for own in each)
        for each in operator.holds(widths) or ()
    )


def blocks(graph: Graph) -> Iterator[tuple[int | None, str, Block]]:
    """Yield the index of the stage, the path and the block for each block of a network.

    The index is None for a block in the stem, in the head, or between stages.
    """
    stage_of = {
        name: stage.index
        for stage in graph.stages
        for name in (stage.entry_chain, *stage.layers, *stage.carries)
    }
    for node, op in graph.chains():
        for path, block in blocks_of(op.layers, f"{op.scope}."):
            yield stage_of.get(node.name), path, block


def block_readers(stage: int | None, path: str, block: Block) -> Iterator[Reader]:
    """Yield every part of a block that reads several outputs with features of their own.

    Args:
        stage: index of the stage around the block, if there is one.
        path: the names of the block and of what is around it.
        block: the block.
    """
    if not _holds_apart(block.operator):
        return
    inside, _ = block.steps(block.shape)
    outputs = [block.shape, *(shapes[-1] for shapes in inside)]
    for number, (reads, (scope, part)) in enumerate(
        zip(block.reads, block.scopes(), strict=True), start=1
    ):
        firsts = _firsts(part, f"{path}.{scope}")
        if firsts and len(reads) > 1:
            features = _features(block.operator, [outputs[read][0] for read in reads])
            yield Reader(stage, number, _keys(firsts), reads, features)


def _keys(firsts: Mapping[str, Weighted]) -> tuple[tuple[str, int], ...]:
    """Return the state-dict key of the weights of each layer, with its number of groups."""
    return tuple((f"{path}.weight", first.feature_groups()) for path, first in firsts.items())


def _firsts(layers: Iterable[Layer], prefix: str) -> dict[str, Weighted]:
    """Return the weighted layers that read the input of a list, by path; several for branches.

    Empty if some may read other channels, or not the input itself.
    """
    for layer in layers:
        if isinstance(layer, Block) and _branches(layer):
            each = [
                _firsts(part, f"{prefix}{layer.name}.{scope}") for scope, part in layer.scopes()
            ]
            return {path: first for own in each for path, first in own.items()} if all(each) else {}
        if layer.rearranges or layer.inputs_axis != 1:
            return {}  # the inputs of a later convolution are no longer in the order of outputs
        if isinstance(layer, Weighted) and layer.mixes:
            return {f"{prefix}{layer.name}": layer}
    return {}


def _branches(block: Block) -> bool:
    """Return whether all parts of a block read its input alone, and it does not leave the block."""
    return all(reads == (0,) for reads in block.reads) and 0 not in block.exit
