"""Decide how a stage stores its outputs, and how wide the aggregates are that its layers read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate, chain

from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Aggregate, Shape

Joined = str | tuple[int, ...]
"""Width of the input of each layer: that of the `first` output that it reads, the `sum` of their
widths, or a width per layer where neither holds.
"""


def strategies(graph: Graph, shapes: Mapping[str, Shape]) -> list[str]:
    """Return how each stage of a compacted graph stores its outputs.

    Args:
        graph: the compacted graph.
        shapes: the shape of each node's result, without the batch.

    Returns:
        `chain`, `buffer`, `running` or `list` for each stage: see `StageClass`.
    """
    # Stages that can share a class are written alike, so one that needs the buffer decides.
    stackable = (stage for stage in graph.stages if concatenates_maps(stage, shapes))
    needed = any(map(partial(_slices, shapes), stackable))
    return [_strategy(graph, stage, shapes, needed) for stage in graph.stages]


def _strategy(graph: Graph, stage: Stage, shapes: Mapping[str, Shape], buffer: bool) -> str:
    """Return how a stage stores its outputs; in a buffer, where it can, only if one is needed."""
    if _is_chain(stage):
        return "chain"
    if stage.borders:
        return "list"
    if stage.operator.concatenates:
        return "buffer" if buffer and concatenates_maps(stage, shapes) else "list"
    if stage.operator.running or (_accumulates(graph, stage) and not varies(stage, shapes)):
        return "running"
    return "list"


def _is_chain(stage: Stage) -> bool:
    chained = all(stage.reads[i] == stage.outputs[i] for i in range(stage.projected, stage.depth))
    return chained and stage.exit == stage.outputs[-1] and not stage.projected


def concatenates_maps(stage: Stage, shapes: Mapping[str, Shape]) -> bool:
    """Return whether a stage concatenates outputs that can be stored in one tensor.

    Args:
        stage: the stage.
        shapes: the shape of each node's result, without the batch.
    """
    # A stage can have feature maps of two sizes if nothing joins them.
    one_size = len({shapes[name][1:] for name in stage.outputs}) == 1
    plain = not stage.borders and stage.joining is None and not _is_chain(stage)
    return stage.operator.concatenates and one_size and plain


def _slices(shapes: Mapping[str, Shape], stage: Stage) -> bool:
    """Return whether a buffer copies less than `torch.cat` does.

    Each output is copied into the buffer once. Two or more neighbours, oldest first, are then read
    as a slice; all other reads are copied in both cases.
    """
    widths = [shapes[name][0] for name in stage.outputs]
    layers = map(stage.sources, range(1 + stage.projected, stage.depth + 1))
    reads = chain(layers, [stage.exit_sources()])
    sliced = (r for r in reads if len(r) > 1 and r == tuple(range(r[0], r[-1] + 1)))
    saved = accumulate(sum(map(widths.__getitem__, sources)) for sources in sliced)
    copied = sum(widths)
    return any(total > copied for total in saved)  # in a dense stage after a few layers


def _accumulates(graph: Graph, stage: Stage) -> bool:
    """Whether every layer, and the exit, reads the previous aggregate plus the newest output."""
    if not stage.operator.associative or stage.leaves == "last" or stage.joining:
        return False
    total = stage.outputs[0]
    for index, reader in enumerate([*stage.reads[1:], stage.exit], start=1):
        node = graph[reader]
        if not isinstance(node.op, Aggregate) or node.inputs != (total, stage.outputs[index]):
            return False
        total = reader
    return True


def varies(stage: Stage, shapes: Mapping[str, Shape]) -> bool:
    """Return whether the layers of a stage read different numbers of channels.

    Args:
        stage: the stage.
        shapes: shape of each node's output, by the node's name.
    """
    return len({shapes[name][0] for name in stage.reads[stage.projected :]}) > 1


def joined_widths(stage: Stage, widths: Sequence[int], incoming: Sequence[int]) -> Joined:
    """Return how the input width of each layer follows from the widths of the outputs.

    Args:
        stage: the stage. If it is projected, its first layer reads the input of the stage, which
            is not an output, and is not considered.
        widths: the channels of the outputs y_0 ... y_N.
        incoming: the input channels of the layers 1 ... N.
    """
    first = stage.projected
    if stage.borders:  # an output can have another width behind a border
        return tuple(incoming[first:])
    reads = [stage.sources(layer) for layer in range(1 + first, stage.depth + 1)]
    follows = {
        "first": [widths[sources[0]] for sources in reads],
        "sum": [sum(widths[source] for source in sources) for sources in reads],
    }
    concatenates = stage.operator.concatenates
    for way in ("sum", "first") if concatenates else ("first", "sum"):
        if follows[way] == list(incoming[first:]):
            return way
    return tuple(incoming[first:])
