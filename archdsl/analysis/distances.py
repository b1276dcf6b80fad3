"""How many offsets add up to a distance, for rules that read at fixed distances.

Sets of numbers are integers here, bit by bit: or and shift work on thousands of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def fewest(offsets: Sequence[int], distance: int) -> int:
    """The fewest offsets, 1 among them, that add up to a distance."""
    reached = enumerate(levels(offsets, distance), start=1)
    return next((count for count, level in reached if level >> distance & 1), 0)


def levels(offsets: Sequence[int], size: int) -> Iterator[int]:
    """The distances up to `size` that need 1, 2, ... offsets at the fewest, as sets of bits."""
    step = _bits(offset for offset in offsets if offset <= size)
    unseen = (1 << size + 1) - 2
    level = step & unseen
    while level:
        yield level
        unseen ^= level
        level = _sums(level, step) & unseen if unseen else 0


def _sums(these: int, those: int) -> int:
    """All sums of one number of each set; shifts the fuller set by each number of the other."""
    few, many = sorted((these, those), key=int.bit_count)
    sums = 0
    while few:
        number = few.bit_length() - 1
        sums |= many << number
        few ^= 1 << number
    return sums


def _bits(numbers: Iterable[int]) -> int:
    """Numbers as a set of bits."""
    bits = bytearray(1)
    for number in numbers:
        place = number >> 3
        if place >= len(bits):
            bits.extend(bytes(place + 1))
        bits[place] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")
