"""The outputs that a node's channels consist of, in order, and what to call them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from archdsl.ir.graph import Graph
from archdsl.ir.ops import Aggregate


class Piece(NamedTuple):
    """A run of channels that one node computes.

    Attributes:
        key: the node's name. An aggregate that does not concatenate is keyed by its operator and
            what it joins, so that equal aggregates of two graphs have equal keys.
        width: its number of channels.
        node: a node of the graph with these channels.
    """

    key: Hashable
    width: int
    node: str


def pieces(graph: Graph) -> dict[str, tuple[Piece, ...]]:
    """Return the pieces of every node: concatenations are taken apart, all other nodes are one."""
    by_node: dict[str, tuple[Piece, ...]] = {}
    for node in graph:
        inputs = [by_node[name] for name in node.inputs]
        key: Hashable = node.name
        if isinstance(node.op, Aggregate):
            if node.op.operator.concatenates:
                by_node[node.name] = tuple(piece for parts in inputs for piece in parts)
                continue
            joined = tuple(tuple(piece.key for piece in parts) for parts in inputs)
            key = Joined(repr(node.op.operator), joined)
        by_node[node.name] = (Piece(key, graph.steps[node.name][-1][0], node.name),)
    return by_node


class Joined:
    """The key of an aggregate; its hash is computed once, because keys contain each other."""

    __slots__ = ("_content", "_hash")

    def __init__(self, operator: str, inputs: tuple[tuple[Hashable, ...], ...]) -> None:
        self._content = (operator, inputs)
        self._hash = hash(self._content)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Joined) or self._hash != other._hash:
            return False
        return self is other or self._content == other._content


def reader(graph: Graph, chain: str) -> str:
    """Return what to call the chain that reads: a layer of a stage, or the part after one.

    Args:
        graph: the network.
        chain: name of the node.
    """
    for stage in graph.stages:
        if chain in stage.layers:
            return f"layer {stage.layers.index(chain) + 1} of stage {stage.index}"
    return chain


def output(graph: Graph, node: str) -> str:
    """Return what to call the node that is read: an output of a stage, or the node's name.

    Args:
        graph: the network.
        node: name of the node.
    """
    for stage in graph.stages:
        if node in stage.outputs:
            return f"output {stage.outputs.index(node)}"
    return node


def offsets(parts: Sequence[Piece]) -> Mapping[Hashable, int]:
    """Return where each piece begins among the channels, by key; the first place if it repeats."""
    starts: dict[Hashable, int] = {}
    start = 0
    for piece in parts:
        starts.setdefault(piece.key, start)
        start += piece.width
    return starts
