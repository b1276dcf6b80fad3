"""Every link of every stage: which layer reads which output, and which channels of its input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from archdsl.analysis.per_layer import module
from archdsl.analysis.shapes import trace
from archdsl.ir.graph import Graph
from archdsl.language.aggregation import Aggregation


@dataclass(frozen=True, slots=True)
class Edge:
    """One output that is read by one layer, or by the exit of a stage.

    Attributes:
        stage: index of the stage.
        writer: index of the output that is read; 0 is the input of the stage, y_0.
        reader: number of the layer, from 1; one more than the layers of the stage is the exit.
        writer_name: the module, or the aggregation, that makes the output.
        reader_name: the module that reads it; for the exit, the aggregation that joins it.
        channels: channels of the output.
        first_channel: the first of these channels in the input of the reader; None if the outputs
            are not concatenated, so that each of them reaches all channels.
    """

    stage: int
    writer: int
    reader: int
    writer_name: str
    reader_name: str
    channels: int
    first_channel: int | None


def count(graph: Graph) -> int:
    """Return the number of edges."""
    return sum(len(sources) for stage in graph.stages for sources in stage.all_sources())


def edges(graph: Graph) -> Iterator[Edge]:
    """Yield the edges by stage and reader, in the order in which the reader joins them."""
    shapes = trace(graph)
    for stage in graph.stages:
        for reader, sources in enumerate(stage.all_sources(), start=1):
            is_exit = reader > stage.depth
            name = stage.exit if is_exit else stage.layers[reader - 1]
            nodes = [stage.output(source, reader) for source in sources]
            widths = [shapes[node][-1][0] for node in nodes]
            starts = _starts(stage.exit_operator if is_exit else stage.operator, widths)
            for source, node, width, start in zip(sources, nodes, widths, starts, strict=True):
                yield Edge(
                    stage.index, source, reader, module(graph, node), module(graph, name),
                    width, start,
                )  # fmt: skip


def _starts(operator: Aggregation, widths: Sequence[int]) -> list[int | None]:
    """Return where each output begins in the input of its reader, if it has a place of its own."""
    if len(widths) == 1 or operator.concatenates:
        return [*accumulate(widths[:-1], initial=0)]
    return [None] * len(widths)
