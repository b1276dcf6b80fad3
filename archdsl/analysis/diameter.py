"""The longest of all shortest paths in a stage whose reads follow no fixed distances.

`reads[l]` are the layers that layer l reads, all below l. Exact: a search back from every layer
that may still exceed what is known, over sets of layers that are kept as the bits of integers.
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
    """The largest distance, in links, from any layer back to any that it reaches."""
    masks = [_set(sources) for sources in reads]
    reach = _reach(reads, masks)
    road = longest_road(reads)
    known = _farthest(road.index(max(road)), masks, reach)
    most: list[int] = []
    for layer in range(len(reads)):
        bound = _bound(layer, reads, most, reach)
        most.append(bound if bound <= known else _farthest(layer, masks, reach))
        known = max(known, most[layer])
    return known


def _set(layers: Sequence[int]) -> int:
    found = 0
    for layer in layers:
        found |= 1 << layer
    return found


def _reach(reads: Reads, masks: Sequence[int]) -> list[int]:
    """For each layer the set of all that it reaches."""
    reach: list[int] = []
    for layer, sources in enumerate(reads):
        found = masks[layer]
        for source in sources:
            found |= reach[source]
        reach.append(found)
    return reach


def _bound(layer: int, reads: Reads, most: Sequence[int], reach: Sequence[int]) -> int:
    """At most how far a layer is from all that it reaches, if its sources are `most` far.

    What it does not read itself, it reaches through the best of its sources that does.
    """
    seen, bound = _set(reads[layer]), min(1, len(reads[layer]))
    for source in sorted(reads[layer], key=most.__getitem__):
        if seen == reach[layer]:
            break
        seen, bound = seen | reach[source], 1 + most[source]
    return bound


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
