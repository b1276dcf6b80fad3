"""Gradient paths: how many links lie between layers of a stage, at the fewest and at the most.

One link leads from a layer back to an output it reads. With the exponential rule of base c the
fewest links over a distance S are the sum of the digits of S in base c, which is the paper's
O((c - 1) log S) (section 3.2, table 1); with the full rule it is one, with the plain rule S.

A rule with `offsets` has 1 among them, for all that layer 1 can read is output 0. So only the
fewest links depend on the others, and on nothing but the distance.
"""

from __future__ import annotations

from archdsl.analysis.diameter import diameter, longest_road
from archdsl.analysis.distances import fewest, levels
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Chain
from archdsl.language.rule import Rule

DEEPEST_TABLE = 5_000
"""Layers up to which rules without `offsets` have their shortest paths counted."""


def shortest(rule: Rule, layers: int) -> int | None:
    """The largest, over pairs i < j of layers 1 ... N, of the fewest links from j back to i.

    Pairs without any path are left out; 0 if no pair has one. None is `not counted`: the rule has
    no `offsets` and there are more than `DEEPEST_TABLE` layers.
    """
    offsets = rule.offsets(layers)
    if offsets is not None:
        return sum(1 for _ in levels(offsets, layers - 1))
    return diameter(_reads(rule, layers)) if layers <= DEEPEST_TABLE else None


def longest(rule: Rule, layers: int) -> int:
    """The largest, over pairs i < j of layers 1 ... N, of the most links from j back to i."""
    if rule.offsets(layers) is not None:
        return layers - 1
    return max(longest_road(_reads(rule, layers)))


def between(rule: Rule, i: int, j: int) -> tuple[int, int] | None:
    """(fewest, most) links from layer j back to output i <= j; None if there is no path.

    i = 0 is what enters the stage.
    """
    offsets = rule.offsets(j)
    if offsets is not None:
        return fewest(offsets, j - i), j - i
    few, many = {i: 0}, {i: 0}
    for layer in range(i + 1, j + 1):
        known = [read for read in rule.reads(layer) if read in few]
        if known:
            few[layer] = 1 + min(few[read] for read in known)
            many[layer] = 1 + max(many[read] for read in known)
    return (few[j], many[j]) if j in few else None


def across(graph: Graph, a: str, b: str) -> tuple[int, int] | None:
    """(fewest, most) links between two nodes, whichever comes first; None if there is no path.

    Every hop from a chain of layers to the next is one link, aggregates in between are free. What
    a projected first layer shares with its projection is a chain of its own.
    """
    order = list(graph.nodes)
    first, last = sorted((order.index(a), order.index(b)))
    found = {order[first]: (0, 0)}
    for name in order[first + 1 : last + 1]:
        known = [found[source] for source in graph[name].inputs if source in found]
        if known:
            hop = isinstance(graph[name].op, Chain)
            found[name] = (min(few for few, _ in known) + hop, max(many for _, many in known) + hop)
    return found.get(order[last])


def _reads(rule: Rule, layers: int) -> list[list[int]]:
    """What each layer reads of other layers; entry 0, for what enters the stage, is empty."""
    reads = [[read for read in rule.reads(layer) if read] for layer in range(1, layers + 1)]
    return [[], *reads]
