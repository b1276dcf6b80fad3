"""How a stage keeps its outputs, and how wide the aggregates are that its layers read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Aggregate, Shape

Joined = str | tuple[int, ...]
"""How the widths of what layers read follow from the widths of the outputs: `first` of the reads,
`sum` of them, or the widths themselves, one per layer, where they follow in another way.
"""


def strategy_of(graph: Graph, stage: Stage, shapes: Mapping[str, Shape]) -> str:
    """How a stage of a compacted graph keeps its outputs: see `StageClass`."""
    chained = all(stage.reads[i] == stage.outputs[i] for i in range(stage.projected, stage.depth))
    if chained and stage.exit == stage.outputs[-1] and not stage.projected:
        return "chain"
    if stage.operator.concatenates:
        # Maps of two sizes may stand in a stage if nothing joins them.
        sizes = {shapes[name][1:] for name in stage.outputs}
        return "buffer" if len(sizes) == 1 and stage.joining is None else "list"
    if stage.operator.running or (_accumulates(graph, stage) and not varies(stage, shapes)):
        return "running"
    return "list"


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
    """Whether layers of a stage read different widths."""
    return len({shapes[name][0] for name in stage.reads[stage.projected :]}) > 1


def joined_widths(stage: Stage, widths: Sequence[int], incoming: Sequence[int]) -> Joined:
    """How the width of what each layer reads follows from the widths of the outputs.

    The first layer of a projected stage reads what enters the stage, not an output.
    """
    first = stage.projected
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
