"""Random graphs as edges (u, v), u < v, of nodes 0 ... n - 1: the same on every machine.

All chance comes from `random.Random(seed).random()`, the one sequence that Python promises never to
change. A number below n is `int(n * random())`; so much of the standard library is used, no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

Edge = tuple[int, int]


def watts_strogatz(nodes: int, neighbours: int, chance: float, seed: int) -> set[Edge]:
    """Return the edges of a small world: a ring whose edges are rewired (Watts, Strogatz 1998).

    Each node has an edge to the next `neighbours` / 2 nodes of the ring. Round i = 1, 2, ... passes
    once over the nodes: the edge of a node u to u + i moves, with this chance, its other end to a
    random node that is neither u nor a neighbour of u, unless u has edges to all nodes.

    Args:
        nodes: number of nodes, counted from 0.
        neighbours: edges of each node in the ring, an even number below `nodes`.
        chance: probability that an edge is moved, 0 to 1.
        seed: the same seed always gives the same edges.
    """
    random = Random(seed).random
    beside: list[set[int]] = [set() for _ in range(nodes)]
    for node, offset in _ring(nodes, neighbours):
        _join(beside, node, (node + offset) % nodes)
    for node, offset in _ring(nodes, neighbours):
        if random() < chance and len(beside[node]) < nodes - 1:
            other = int(nodes * random())
            while other == node or other in beside[node]:
                other = int(nodes * random())
            old = (node + offset) % nodes
            beside[node].remove(old)
            beside[old].remove(node)
            _join(beside, node, other)
    return {(low, high) for low in range(nodes) for high in beside[low] if low < high}


def _ring(nodes: int, neighbours: int) -> Iterator[tuple[int, int]]:
    """Yield each node with an offset of 1, then each with an offset of 2, and so on."""
    return ((node, offset) for offset in range(1, neighbours // 2 + 1) for node in range(nodes))


def _join(beside: list[set[int]], node: int, other: int) -> None:
    beside[node].add(other)
    beside[other].add(node)


def erdos_renyi(nodes: int, chance: float, seed: int) -> set[Edge]:
    """Return edges that each exist with this chance: (0, 1), (0, 2), ..., (1, 2), ..., in order.

    Args:
        nodes: number of nodes, counted from 0.
        chance: probability of each edge, 0 to 1.
        seed: the same seed always gives the same edges.
    """
    random = Random(seed).random
    return {
        (low, high)
        for low in range(nodes)
        for high in range(low + 1, nodes)
        if random() < chance
    }  # fmt: skip


def barabasi_albert(nodes: int, edges: int, seed: int) -> set[Edge]:
    """Return the edges of preferential attachment (Barabasi, Albert 1999).

    Nodes 0 ... `edges` - 1 have none at first, and node `edges` has one to each of them. Each later
    node draws ends of the edges before it, in the order (new, old) in which these were made, until
    it has drawn `edges` different nodes.

    Args:
        nodes: number of nodes, counted from 0.
        edges: edges of each new node to earlier ones, below `nodes`.
        seed: the same seed always gives the same edges.
    """
    random = Random(seed).random
    graph = {(old, edges) for old in range(edges)}
    ends = [end for old in range(edges) for end in (edges, old)]
    for node in range(edges + 1, nodes):
        drawn: list[int] = []
        while len(drawn) < edges:
            other = ends[int(len(ends) * random())]
            if other not in drawn:
                drawn.append(other)
        graph.update((old, node) for old in drawn)
        ends += [end for old in drawn for end in (node, old)]
    return graph
