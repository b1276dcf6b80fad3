"""Gradient paths: the number of links on the shortest and longest paths between layers.

One link leads from a layer back to an output it reads. With the exponential rule of base c, the
shortest path over a distance S has as many links as the sum of the digits of S in base c, which is
the paper's O((c - 1) log S) (section 3.2, table 1). With the full rule it has one, with the plain
rule S.

The offsets of a rule always contain 1, as layer 1 can read only output 0. So the longest path over
a distance S has S links, and the shortest depends on the offsets and S alone.
"""

from __future__ import annotations

from archdsl.analysis.diameter import diameter, longest_road
from archdsl.analysis.distances import fewest, levels
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Chain
from archdsl.language.rule import Rule

DEEPEST_TABLE = 5_000
"""Most layers of a stage for which the shortest paths of a rule without `offsets` are counted."""


def shortest(rule: Rule, layers: int) -> int | None:
    """Return the largest number of links on a shortest path, over pairs i < j of layers 1 ... N.

    Pairs without a path are left out. The result is 0 if there is no path at all, and None if it
    was not counted: the rule has no `offsets` and there are more than `DEEPEST_TABLE` layers.

    Args:
        rule: the rule of a stage.
        layers: N, the number of layers of the stage.
    """
    offsets = rule.offsets(layers)
    if offsets is not None:
        return sum(1 for _ in levels(offsets, layers - 1))
    return diameter(_reads(rule, layers)) if layers <= DEEPEST_TABLE else None


def longest(rule: Rule, layers: int) -> int:
    """Return the largest number of links on any path from a layer j back to a layer i >= 1.

    Args:
        rule: the rule of a stage.
        layers: N, the number of layers of the stage.
    """
    if rule.offsets(layers) is not None:
        return layers - 1
    return max(longest_road(_reads(rule, layers)))


def between(rule: Rule, i: int, j: int) -> tuple[int, int] | None:
    """Return (fewest, most) links from layer j back to output i; None if there is no path.

    Args:
        rule: the rule of the stage.
        i: an output, at most j; output 0 is the input of the stage.
        j: a layer, from 1.
    """
    offsets = rule.offsets(j)
    if offsets is not None:
        return fewest(offsets, j - i), j - i
    few, many = {i: 0}, {i: 0}
    for layer in range(i + 1, j + 1):
        sources = [read for read in rule.reads(layer) if read in few]
        if sources:
            few[layer] = 1 + min(few[read] for read in sources)
            many[layer] = 1 + max(many[read] for read in sources)
    return (few[j], many[j]) if j in few else None


def across(graph: Graph, a: str, b: str) -> tuple[int, int] | None:
    """Return (fewest, most) links between two nodes; None if there is no path.

    Every step to a chain of layers is one link, and aggregates are free. The layers that a
    projection shares with the first layer are a separate chain.

    Args:
        graph: the network.
        a: name of a node.
        b: name of another node, before or after `a`.
    """
    order = list(graph.nodes)
    first, last = sorted((order.index(a), order.index(b)))
    lengths = {order[first]: (0, 0)}
    for name in order[first + 1 : last + 1]:
        before = [lengths[source] for source in graph[name].inputs if source in lengths]
        if before:
            hop = isinstance(graph[name].op, Chain)
            lengths[name] = (
                min(few for few, _ in before) + hop,
                max(many for _, many in before) + hop,
            )
    return lengths.get(order[last])


def _reads(rule: Rule, layers: int) -> list[list[int]]:
    """Return the layers that each layer reads; entry 0, for the input of the stage, is empty."""
    reads = [[read for read in rule.reads(layer) if read] for layer in range(1, layers + 1)]
    return [[], *reads]
