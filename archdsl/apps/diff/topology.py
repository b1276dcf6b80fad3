"""Whether two networks have the same topology, whatever their nodes are called.

Two networks have the same topology if their nodes can be paired so that both nodes of a pair
compute the same and read pairs of the same. Colours, which say what a node and everything before
and after it computes, settle nearly every network in one pass. Nodes that have equal colours, such
as parallel branches, are paired by networkx, which may try pairs only up to a limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any, Literal

from archdsl.apps.diff.words import layer_words
from archdsl.ir.graph import Graph, Node
from archdsl.ir.ops import Chain, Input

Topology = Literal["same", "same, joined in another order", "different"]
Colours = dict[str, int]

LINKS = 4_000_000
"""Most inputs of all nodes of both networks together that are compared."""

NODES = 1_500
"""Most nodes of a network whose equal colours are told apart; the search is recursive."""

TRIES = 500_000
"""Most pairs of nodes that the search tries."""


def topology(one: Graph, other: Graph) -> Topology | None:
    """Compare the topologies of two networks; None if that is too much work.

    Args:
        one: a network.
        other: another network; its nodes may have other names and belong to other stages.
    """
    if sum(len(node.inputs) for graph in (one, other) for node in graph) > LINKS:
        return None
    ordered = _isomorphic(one, other, ordered=True)
    if ordered is not False:
        return "same" if ordered else None
    unordered = _isomorphic(one, other, ordered=False)
    if unordered is None:
        return None
    return "same, joined in another order" if unordered else "different"


def _isomorphic(one: Graph, other: Graph, *, ordered: bool) -> bool | None:
    """Return whether nodes can be paired; `ordered` pairs inputs only at equal positions."""
    numbers: dict[Hashable, int] = {}
    before = [_from_inputs(graph, numbers, ordered=ordered) for graph in (one, other)]
    colours = [
        _with_readers(graph, colours, numbers)
        for graph, colours in zip((one, other), before, strict=True)
    ]
    counts = [Counter(side.values()) for side in colours]
    if counts[0] != counts[1]:
        return False
    if max(Counter(before[0].values()).values()) == 1:
        return True  # equal colours have inputs of equal colours, and each names one node
    return _searched(one, other, {**_tagged(0, colours[0]), **_tagged(1, colours[1])}, ordered)


def _from_inputs(graph: Graph, numbers: dict[Hashable, int], *, ordered: bool) -> Colours:
    """Number each node by what it computes and by the numbers of its inputs."""
    colours: Colours = {}
    for node in graph:
        inputs = [colours[source] for source in node.inputs]
        key = (_computes(node), tuple(inputs if ordered else sorted(inputs)))
        colours[node.name] = numbers.setdefault(key, len(numbers))
    return colours


def _with_readers(graph: Graph, before: Colours, numbers: dict[Hashable, int]) -> Colours:
    """Number each node by its own number, by those of its readers, and whether it is the output."""
    colours: Colours = {}
    for node in reversed(list(graph)):
        readers = tuple(sorted(colours[reader] for reader in graph.readers[node.name]))
        key = ("readers", before[node.name], readers, node.name == graph.output)
        colours[node.name] = numbers.setdefault(key, len(numbers))
    return colours


def _computes(node: Node) -> Hashable:
    if isinstance(node.op, Chain):
        return layer_words(node.op.layers)
    return node.op.shape if isinstance(node.op, Input) else str(node.op)


def _tagged(side: int, colours: Colours) -> dict[tuple[int, str], int]:
    return {(side, name): colour for name, colour in colours.items()}


class _TooManyTriesError(Exception):
    """The search reached its limit."""


def _searched(
    one: Graph, other: Graph, colours: Mapping[tuple[int, str], int], ordered: bool
) -> bool | None:
    """Let networkx pair nodes of equal colours; None if the limit is reached."""
    if len(one.nodes) > NODES:
        return None
    from networkx.algorithms.isomorphism import DiGraphMatcher

    class Matcher(DiGraphMatcher):  # type: ignore[misc]
        """A search that tries pairs of equal colours only, and counts them."""

        tries = 0

        def syntactic_feasibility(self, node: str, twin: str) -> bool:
            """Return whether networkx may pair two nodes.

            Args:
                node: a node of the first network.
                twin: a node of the second one.

            Raises:
                _TooManyTriesError: after `TRIES` pairs.
            """
            self.tries += 1
            if self.tries > TRIES:
                raise _TooManyTriesError
            return colours[0, node] == colours[1, twin] and super().syntactic_feasibility(
                node, twin
            )

    matcher = Matcher(one.network, other.network, edge_match=_same_positions if ordered else None)
    try:
        return bool(matcher.is_isomorphic())
    except _TooManyTriesError:
        return None
    finally:
        matcher.reset_recursion_limit()


def _same_positions(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one["positions"] == other["positions"])
