"""Chains that differ only in dropout share a class: where one has no dropout, its rate is 0."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from archdsl.ir.ops import Layer

Chain = tuple[Layer, ...]


def without(chain: Chain) -> Chain:
    """A chain without its dropouts."""
    return tuple(layer for layer in chain if not layer.training_only)


def aligned(chains: Sequence[Chain]) -> list[Chain]:
    """Add dropouts of rate 0, so that all chains have dropouts at the same positions.

    The chains are equal up to their dropouts and the sizes of other layers. PyTorch returns the
    input of a dropout of rate 0 as it is, and draws no random numbers.

    >>> from archdsl.ir.ops import Activation, Dropout
    >>> relu = Activation("relu")
    >>> aligned([(relu,), (relu, Dropout(0.5))])
    [(Activation(function='relu'), Dropout(p=0.0)), (Activation(function='relu'), Dropout(p=0.5))]
    """
    if not any(layer.training_only for chain in chains for layer in chain):
        return list(chains)
    gaps = [_gaps(chain) for chain in chains]
    blanks = [reduce(_merged, map(_blank, column)) for column in zip(*gaps, strict=True)]
    return [
        tuple(_filled(without(chain), own, blanks)) for chain, own in zip(chains, gaps, strict=True)
    ]


def _blank(gap: Sequence[Layer]) -> list[Layer]:
    """The dropouts of a gap with rates of 0; of all the same class, they are equal."""
    return [layer.with_numbers(dict.fromkeys(layer.numbers(), 0.0)) for layer in gap]


def _merged(first: list[Layer], second: list[Layer]) -> list[Layer]:
    """A sequence that has both in their order, as few layers as a greedy match finds.

    >>> _merged(["a", "b"], ["b", "c"])
    ['a', 'b', 'c']
    """
    merged: list[Layer] = []
    for layer in second:
        if layer in first:
            end = first.index(layer) + 1
            merged, first = merged + first[:end], first[end:]
        else:
            merged.append(layer)
    return merged + first


def _gaps(chain: Chain) -> list[list[Layer]]:
    """The dropouts before the first other layer, between others, and after the last."""
    gaps: list[list[Layer]] = [[]]
    for layer in chain:
        if layer.training_only:
            gaps[-1].append(layer)
        else:
            gaps.append([])
    return gaps


def _filled(others: Chain, gaps: list[list[Layer]], blanks: list[list[Layer]]) -> list[Layer]:
    """The layers of a chain, where each gap has its own dropouts in place of blank ones."""
    layers: list[Layer] = []
    for place, (gap, blank) in enumerate(zip(gaps, blanks, strict=True)):
        own, rest = _blank(gap), list(gap)
        for layer in blank:
            fits = own[:1] == [layer]
            layers.append(rest.pop(0) if fits else layer)
            own = own[fits:]
        layers += others[place : place + 1]
    return layers
