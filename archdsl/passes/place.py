"""Placement: at which channels of one buffer a concatenating stage stores its outputs.

It is for inference only, and `fuse` follows it. The nodes of the graph do not change.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from archdsl.analysis.shapes import shapes as all_shapes
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Shape
from archdsl.ir.placement import Placement, Range
from archdsl.passes.strategy import concatenates_maps


def place(graph: Graph) -> Graph:
    """Return the graph with a placement for each stage that concatenates maps of one size."""
    shapes = all_shapes(graph)
    return replace(graph, stages=tuple(_placed(s, shapes) for s in graph.stages))


def _placed(stage: Stage, shapes: Mapping[str, Shape]) -> Stage:
    maps = all(len(shapes[name]) == 3 for name in stage.outputs)
    if not maps or stage.projected or stage.entry_chain or not concatenates_maps(stage, shapes):
        return stage
    return replace(stage, placement=placement(stage, [shapes[name][0] for name in stage.outputs]))


def placement(stage: Stage, widths: Sequence[int]) -> Placement:
    """Place each output at the first free channels, in the layout that copies less.

    Args:
        stage: a stage that concatenates.
        widths: the channels of the outputs y_0 ... y_N.
    """
    reads = stage.all_sources()
    starts = _starts(widths, reads)
    planar, prefix = (
        Placement(layout, tuple(widths), starts, ()) for layout in ("planar", "prefix")
    )
    # A planar output stays where its layer wrote it; a prefix output is copied next to the others.
    moved = len(widths) + sum(len(prefix.reads(sources)) for sources in reads)
    chosen = planar if sum(map(len, reads)) <= moved else prefix
    return replace(chosen, gathers=tuple(map(chosen.reads, reads)))


def _starts(widths: Sequence[int], reads: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Return the first channel of each output."""
    last = {source: reader for reader, sources in enumerate(reads, start=1) for source in sources}
    ending: dict[int, list[int]] = defaultdict(list)
    for output in range(len(widths)):
        ending[last.get(output, output + 1)].append(output)
    free: list[Range] = [(0, sum(widths))]
    starts: list[int] = []
    for output, width in enumerate(widths):
        # An output that is read for the last time is freed: the layer writes after it has read.
        for over in ending[output]:
            _release(free, (starts[over], starts[over] + widths[over]))
        gap, (start, end) = next(
            item for item in enumerate(free) if item[1][1] - item[1][0] >= width
        )
        starts.append(start)
        free[gap : gap + 1] = [(start + width, end)] if start + width < end else []
    return tuple(starts)


def _release(free: list[Range], span: Range) -> None:
    """Add channels to the sorted free ranges, merged with the ranges that they touch."""
    index = bisect_left(free, span)
    start, end = span
    first, last = index, index
    if index and free[index - 1][1] == start:
        first, start = index - 1, free[index - 1][0]
    if index < len(free) and free[index][0] == end:
        last, end = index + 1, free[index][1]
    free[first:last] = [(start, end)]
