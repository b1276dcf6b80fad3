"""Count multiply-adds for one input, and operations as the paper's Table 4 counts them.

`macs` counts convolutions, fully connected layers without their biases, and matrix products of
aggregations; one multiply-add is two floating-point operations (FLOPs).
"""

from __future__ import annotations

from math import prod

from archdsl.analysis.shapes import Steps, layers, once, trace
from archdsl.ir import ops
from archdsl.ir.graph import Graph
from archdsl.language.aggregation import Aggregation


def macs(graph: Graph) -> dict[str, int]:
    """Return the multiply-adds of each node, by its name, at batch size 1.

    Of aggregates, only those that may have some are in the result.
    """
    steps, count = trace(graph), once(_chain_macs)
    by_node = {node.name: count(chain, steps[node.name]) for node, chain in graph.chains()}
    for node, aggregate in graph.aggregates():
        if type(aggregate.operator).macs is not Aggregation.macs:
            shapes = [steps[source][-1] for source in node.inputs]
            by_node[node.name] = aggregate.operator.macs(shapes)
    return by_node


def flops(multiply_adds: int) -> int:
    """Return floating-point operations: two for each multiply-add."""
    return 2 * multiply_adds


def paper_flops(graph: Graph) -> dict[str, int]:
    """Return the FLOPs of each node as Table 4 of the paper counts them, at batch size 1.

    Two for each multiply-add, one for each output element of a norm or an activation, and one for
    each input element of a pooling. Adding and concatenating outputs is free; the activation of a
    running sum counts.
    """
    shapes, count = trace(graph), once(_chain_operations)
    counts = {}
    for node in graph:
        steps = shapes[node.name]
        match node.op:
            case ops.Chain():
                counts[node.name] = count(node.op, steps)
            case ops.Aggregate(operator=operator) if operator.then():
                counts[node.name] = prod(steps[-1])
    return counts


def _chain_macs(chain: ops.Chain, steps: Steps) -> int:
    return sum(layer.macs(after) for layer, _, after in layers(chain, steps))


def _chain_operations(chain: ops.Chain, steps: Steps) -> int:
    return sum(layer.operations(before, after) for layer, before, after in layers(chain, steps))
