"""The passes in order. The graph is verified after each pass that changes it."""

from __future__ import annotations

from collections.abc import Callable

from archdsl.ir.graph import Graph
from archdsl.ir.verify import verify
from archdsl.passes.compact import compact
from archdsl.passes.place import place
from archdsl.passes.simplify import simplify

Pass = Callable[[Graph], Graph]

PASSES: tuple[Pass, ...] = (compact,)
FOR_INFERENCE: tuple[Pass, ...] = (*PASSES, place)
FOR_EXPORT: tuple[Pass, ...] = (*PASSES, simplify)


def run(graph: Graph, passes: tuple[Pass, ...] = PASSES) -> Graph:
    """Apply passes in order, and verify the graph after each one that changed it.

    Args:
        graph: a graph that satisfies the invariants.
        passes: functions from a graph to a graph.

    Raises:
        InvariantError: if a pass breaks an invariant.
    """
    for apply in passes:
        changed = apply(graph)
        graph = graph if changed is graph else verify(changed)
    return graph
