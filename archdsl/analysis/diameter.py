"""The longest of all shortest paths in a stage whose reads follow no fixed distances.

`reads[l]` are the layers that layer l reads, all below l. Exact: a search from every layer that
can still exceed what is known, over sets of layers kept as the bits of integers.
"""

from __future__ import annotations

from collections.abc import Sequence

Reads = Sequence[Sequence[int]]


def longest_road(reads: Reads) -> list[int]:
    """For each layer the most links that lead back from it."""
    road: list[int] = []
    for sources in reads:
        road.append(1 + max((road[source] for source in sources), default=-1))
    return road


def diameter(reads: Reads) -> int:
    """The largest distance, in links, from any layer back to any that it reaches.

    No layer is farther from anything than one more than the farthest of what it reads, so most
    layers need no search.
    """
    masks = [sum(1 << source for source in sources) for sources in reads]
    reach = _reach(reads, masks)
    road = longest_road(reads)
    known = _farthest(max(range(len(reads)), key=road.__getitem__), masks, reach)
    most = list[int]()
    for layer, sources in enumerate(reads):
        most.append(1 + max((most[source] for source in sources), default=-1))
        if most[layer] > known:
            most[layer] = _farthest(layer, masks, reach)
            known = max(known, most[layer])
    return known


def _reach(reads: Reads, masks: Sequence[int]) -> list[int]:
    """For each layer the set of all that it reaches."""
    reach: list[int] = []
    for layer, sources in enumerate(reads):
        found = masks[layer]
        for source in sources:
            found |= reach[source]
        reach.append(found)
    return reach


def _farthest(layer: int, masks: Sequence[int], reach: Sequence[int]) -> int:
    """The distance from a layer to the farthest that it reaches."""
    unseen, front, links = reach[layer], masks[layer], 0
    while unseen:
        links += 1
        unseen ^= front
        front = _step(front, masks) & unseen if unseen else 0
    return links


def _step(front: int, masks: Sequence[int]) -> int:
    """All that a set of layers reads."""
    found = 0
    while front:
        layer = front.bit_length() - 1
        found |= masks[layer]
        front ^= 1 << layer
    return found
