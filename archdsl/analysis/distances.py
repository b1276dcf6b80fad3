"""Count how many offsets add up to a distance, for rules that read at fixed distances.

A set of numbers is an integer with bit n set for n: `|` and `<<` work on thousands at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def fewest(offsets: Sequence[int], distance: int) -> int:
    """Return the smallest number of offsets that add up to a distance.

    Args:
        offsets: distances in layers that may be used any number of times; 1 must be among them.
        distance: the sum, in layers.

    >>> fewest([1, 2, 4], 7)
    3
    """
    reached = enumerate(levels(offsets, distance), start=1)
    return next((count for count, level in reached if level >> distance & 1), 0)


def levels(offsets: Sequence[int], size: int) -> Iterator[int]:
    """Yield the distances up to `size` that need at least 1, 2, ... offsets, as sets of bits.

    Args:
        offsets: how far back a layer reads, such as 1, 2, 4, 8; all at least 1.
        size: the largest distance, in layers.
    """
    step = _bits(offset for offset in offsets if offset <= size)
    unseen = (1 << size + 1) - 2
    level = step & unseen
    while level:
        yield level
        unseen ^= level
        level = _sums(level, step) & unseen if unseen else 0


def _sums(these: int, those: int) -> int:
    """Return all sums of one number of each set.

    The larger set is shifted by each number of the smaller one, which takes the fewest shifts.
    """
    few, many = sorted((these, those), key=int.bit_count)
    sums = 0
    while few:
        number = few.bit_length() - 1
        sums |= many << number
        few ^= 1 << number
    return sums


def _bits(numbers: Iterable[int]) -> int:
    """Return numbers as a set of bits."""
    bits = bytearray(1)
    for number in numbers:
        byte = number >> 3
        if byte >= len(bits):
            bits.extend(bytes(byte + 1))
        bits[byte] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")
