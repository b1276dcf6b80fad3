"""Placement: where every output of a concatenating stage lives in one buffer, for inference.

The graph computes what it did; its stages say besides where their outputs are. `fuse` follows it.
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
from archdsl.passes.strategy import strategy_of


def place(graph: Graph) -> Graph:
    """The graph with a placement for each stage that concatenates maps of one size."""
    shapes = all_shapes(graph)
    return replace(graph, stages=tuple(_placed(graph, s, shapes) for s in graph.stages))


def _placed(graph: Graph, stage: Stage, shapes: Mapping[str, Shape]) -> Stage:
    maps = all(len(shapes[name]) == 3 for name in stage.outputs)
    if (
        not maps
        or stage.projected
        or stage.entry_chain
        or strategy_of(graph, stage, shapes) != "buffer"
    ):
        return stage
    return replace(stage, placement=placement(stage, [shapes[name][0] for name in stage.outputs]))


def placement(stage: Stage, widths: Sequence[int]) -> Placement:
    """Every output at the first channels that are free, in the layout that moves less."""
    reads = stage.all_sources()
    places = _places(widths, reads)
    planar, prefix = (
        Placement(layout, tuple(widths), places, ()) for layout in ("planar", "prefix")
    )
    # A planar output stays where it was made; in a prefix it is written beside the others first.
    moved = len(widths) + sum(len(prefix.reads(sources)) for sources in reads)
    chosen = planar if sum(map(len, reads)) <= moved else prefix
    return replace(chosen, gathers=tuple(map(chosen.reads, reads)))


def _places(widths: Sequence[int], reads: Sequence[Sequence[int]]) -> tuple[int, ...]:
    last = {source: reader for reader, sources in enumerate(reads, start=1) for source in sources}
    ending: dict[int, list[int]] = defaultdict(list)
    for output in range(len(widths)):
        ending[last.get(output, output + 1)].append(output)
    free: list[Range] = [(0, sum(widths))]
    places: list[int] = []
    for output, width in enumerate(widths):
        # What a layer reads last may give its place to what the layer makes: that is written after.
        for over in ending[output]:
            _release(free, (places[over], places[over] + widths[over]))
        gap, (start, end) = next(
            item for item in enumerate(free) if item[1][1] - item[1][0] >= width
        )
        places.append(start)
        free[gap : gap + 1] = [(start + width, end)] if start + width < end else []
    return tuple(places)


def _release(free: list[Range], span: Range) -> None:
    """Add channels to the free ranges, as one range with those that they touch."""
    place = bisect_left(free, span)
    start, end = span
    first, last = place, place
    if place and free[place - 1][1] == start:
        first, start = place - 1, free[place - 1][0]
    if place < len(free) and free[place][0] == end:
        last, end = place + 1, free[place][1]
    free[first:last] = [(start, end)]
