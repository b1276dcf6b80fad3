"""Prove that a rule reads only outputs that exist, and as many as it states.

A custom rule may state closed forms and bounds; they are checked here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from archdsl.counted import counted
from archdsl.errors import fail
from archdsl.language.rule import Rule


def prove(rule: Rule, layers: int, exit: bool = True) -> tuple[int, ...]:
    """Check a rule against its closed forms and bounds, and return the fan-in of each layer.

    Every layer 1 ... `layers`, and the exit if it reads by the rule, must read outputs that exist
    (else A203), as many as `fan_in` states and at the distances in `offsets` (else A204), and no
    more than `fan_in_bound` (else A205). Their sum must be `links` (else A204), at most `bound`
    (else A205). The time is linear in the links; reads that are ranges are not expanded.

    Args:
        rule: the rule of a stage.
        layers: the number of layers of the stage.
        exit: whether the exit of the stage reads by the rule too.

    Raises:
        ArchdslError: A202 to A205 without a position, for the first layer that is wrong.
    """
    offsets = rule.offsets(layers)
    counts = tuple(_prove_layer(rule, layer, offsets) for layer in range(1, layers + 1))
    if exit:
        prove_exit(rule, layers)
    totals = tuple(accumulate(counts))
    if rule.links(layers) != totals[-1]:
        at = _first(totals, lambda layer, total: rule.links(layer) != total)
        raise fail(
            "A204",
            f"the rule {rule.rule} counts {counted(rule.links(at), 'link')} for "
            f"{counted(at, 'layer')}, but layers 1 to {at} read "
            f"{counted(totals[at - 1], 'output')}",
            help="correct `links`, or leave it out to have reads counted",
        )
    if totals[-1] > rule.bound(layers):
        at = _first(totals, lambda layer, total: total > rule.bound(layer))
        raise fail(
            "A205",
            f"the rule {rule.rule} claims at most {counted(rule.bound(at), 'link')} "
            f"for {counted(at, 'layer')}, but with layer {at} there are {totals[at - 1]:,}",
            help="read fewer outputs, or claim a larger `bound`",
        )
    return counts


def prove_exit(rule: Rule, layers: int) -> None:
    """Check that an exit by a rule reads outputs that exist.

    Args:
        rule: the rule of the exit.
        layers: number of layers of the stage.

    Raises:
        ArchdslError: A202 or A203 if the rule reads an output that does not exist, or one
            twice.
    """
    _prove_existing(rule, layers + 1, rule.exit_reads(layers))


def _prove_layer(rule: Rule, layer: int, offsets: Sequence[int] | None) -> int:
    """Return the fan-in of one layer. Raise A202 to A205 if the layer contradicts the rule."""
    reads = rule.reads(layer)
    _prove_existing(rule, layer, reads)
    count, stated, most = len(reads), rule.fan_in(layer), rule.fan_in_bound(layer)
    if count != stated:
        raise fail(
            "A204",
            f"the rule {rule.rule} says that layer {layer} reads {_outputs(stated)}, "
            f"but it reads {count:,}",
            help="correct `fan_in`, or leave it out to have reads counted",
        )
    if count > most:
        raise fail(
            "A205",
            f"the rule {rule.rule} claims that layer {layer} reads at most {_outputs(most)}, "
            f"but it reads {count:,}",
            help="read fewer outputs, or claim a larger `fan_in_bound`",
        )
    if offsets is not None and not _at(offsets[: bisect_right(offsets, layer)], layer, reads):
        raise fail(
            "A204",
            f"the rule {rule.rule} says that its layers read at fixed distances, "
            f"but layer {layer} does not read at all of them and at no others",
            help="correct `offsets`, or leave it out",
        )
    return count


def _prove_existing(rule: Rule, layer: int, reads: Sequence[int]) -> None:
    """Raise A202 or A203 unless the layer reads one or more outputs that exist."""
    if not reads:
        raise fail("A202", f"by the rule {rule.rule}, layer {layer} reads nothing")
    low, high = _ends(reads)
    if low < 0 or high >= layer:
        raise fail(
            "A203",
            f"by the rule {rule.rule}, layer {layer} reads output {low if low < 0 else high}",
            help=f"a layer reads outputs 0 to {layer - 1}, which exist by then",
        )


def _at(offsets: Sequence[int], layer: int, reads: Sequence[int]) -> bool:
    """Return whether a layer reads at exactly these ascending distances, in any order."""
    if isinstance(offsets, range) and isinstance(reads, range):
        low, high = _ends(reads)
        return len(reads) == len(offsets) and (layer - high, layer - low) == _ends(offsets)
    return {layer - read for read in reads} == set(offsets)


def _ends(numbers: Sequence[int]) -> tuple[int, int]:
    """Return the smallest and largest number, without expanding a range."""
    if isinstance(numbers, range):
        first, last = numbers[0], numbers[-1]
        return (first, last) if first < last else (last, first)
    return min(numbers), max(numbers)


def _first(totals: Sequence[int], broken: Callable[[int, int], bool]) -> int:
    """Return the smallest number of layers whose total is `broken`; the last total always is."""
    return next(layer for layer, total in enumerate(totals, start=1) if broken(layer, total))


def _outputs(count: float) -> str:
    return f"{count:,} output" + ("" if count == 1 else "s")
