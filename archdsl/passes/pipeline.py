"""The passes in order. The graph is verified after each pass that changes it."""

from __future__ import annotations

from collections.abc import Callable

from archdsl.ir.graph import Graph
from archdsl.ir.verify import verify
from archdsl.passes.compact import compact
from archdsl.passes.place import place

Pass = Callable[[Graph], Graph]

PASSES: tuple[Pass, ...] = (compact,)
FOR_INFERENCE: tuple[Pass, ...] = (*PASSES, place)


def run(graph: Graph, passes: tuple[Pass, ...] = PASSES) -> Graph:
    """Apply passes in order. Raise InvariantError if one of them breaks an invariant."""
    for apply in passes:
        changed = apply(graph)
        graph = graph if changed is graph else verify(changed)
    return graph
