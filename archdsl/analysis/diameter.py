"""Find the longest of all shortest paths in a stage that does not read at fixed distances.

`reads[l]` are the layers that layer l reads, all below l. The result is exact. A breadth-first
search runs back from each layer whose upper bound exceeds the largest distance so far. Sets of
layers are integers with one bit per layer.
"""

from __future__ import annotations

from collections.abc import Sequence

Reads = Sequence[Sequence[int]]


def longest_road(reads: Reads) -> list[int]:
    """Return, for each layer, the number of links on the longest path back from it."""
    road: list[int] = []
    for sources in reads:
        road.append(1 + max((road[source] for source in sources), default=-1))
    return road


def diameter(reads: Reads) -> int:
    """Return the largest distance, in links, from any layer back to any layer that it reaches."""
    masks = [_set(sources) for sources in reads]
    reach = _reach(reads, masks)
    road = longest_road(reads)
    largest = _farthest(road.index(max(road)), masks, reach)
    most: list[int] = []
    for layer in range(len(reads)):
        bound = _bound(layer, reads, most, reach)
        most.append(bound if bound <= largest else _farthest(layer, masks, reach))
        largest = max(largest, most[layer])
    return largest


def _set(layers: Sequence[int]) -> int:
    """Return a set of layers as an integer with one bit per layer."""
    bits = 0
    for layer in layers:
        bits |= 1 << layer
    return bits


def _reach(reads: Reads, masks: Sequence[int]) -> list[int]:
    """Return, for each layer, the set of all layers that it reaches."""
    reach: list[int] = []
    for layer, sources in enumerate(reads):
        reached = masks[layer]
        for source in sources:
            reached |= reach[source]
        reach.append(reached)
    return reach


def _bound(layer: int, reads: Reads, most: Sequence[int], reach: Sequence[int]) -> int:
    """Return an upper bound of the distance from a layer to any layer that it reaches.

    A layer that it does not read itself is reached through the source with the smallest bound.

    Args:
        layer: the layer.
        reads: the layers that each layer reads.
        most: upper bounds of the layers below.
        reach: the layers that each layer reaches, as sets of bits.
    """
    seen, bound = _set(reads[layer]), min(1, len(reads[layer]))
    for source in sorted(reads[layer], key=most.__getitem__):
        if seen == reach[layer]:
            break
        seen, bound = seen | reach[source], 1 + most[source]
    return bound


def _farthest(layer: int, masks: Sequence[int], reach: Sequence[int]) -> int:
    """Return the distance from a layer to the farthest layer that it reaches."""
    unseen, front, links = reach[layer], masks[layer], 0
    while unseen:
        links += 1
        unseen ^= front
        front = _step(front, masks) & unseen if unseen else 0
    return links


def _step(front: int, masks: Sequence[int]) -> int:
    """Return the set of all layers that a set of layers reads."""
    sources = 0
    while front:
        layer = front.bit_length() - 1
        sources |= masks[layer]
        front ^= 1 << layer
    return sources
