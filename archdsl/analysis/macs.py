"""Multiply-adds for one input, and the operations that the paper's Table 4 prints.

`macs` counts convolutions and fully connected layers alone, without their biases; one multiply-add
is two floating-point operations (FLOPs).
"""

from __future__ import annotations

from math import prod

from archdsl.analysis.shapes import Steps, layers, once, trace
from archdsl.ir import ops
from archdsl.ir.graph import Graph


def macs(graph: Graph) -> dict[str, int]:
    """Multiply-adds of each node that holds layers, by its name; batch 1."""
    steps, count = trace(graph), once(_chain_macs)
    return {node.name: count(chain, steps[node.name]) for node, chain in graph.chains()}


def flops(multiply_adds: int) -> int:
    """Floating-point operations: two for each multiply-add."""
    return 2 * multiply_adds


def paper_flops(graph: Graph) -> dict[str, int]:
    """FLOPs of each node as Table 4 of the paper counts them, by its name; batch 1.

    Two for each multiply-add, one for each element that a norm or an activation makes, and one for
    each element that enters a pooling. Adding and concatenating outputs is free; the activation of
    a running sum counts.
    """
    known, count = trace(graph), once(_chain_operations)
    found = {}
    for node in graph:
        steps = known[node.name]
        match node.op:
            case ops.Chain():
                found[node.name] = count(node.op, steps)
            case ops.Aggregate(operator=operator) if operator.then():
                found[node.name] = prod(steps[-1])
    return found


def _chain_macs(chain: ops.Chain, steps: Steps) -> int:
    return sum(layer.macs(after) for layer, _, after in layers(chain, steps))


def _chain_operations(chain: ops.Chain, steps: Steps) -> int:
    return sum(layer.operations(before, after) for layer, before, after in layers(chain, steps))
