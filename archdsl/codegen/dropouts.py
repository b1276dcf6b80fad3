"""Chains that differ only in dropout share a class: where one has no dropout, its rate is 0."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.ir.ops import Dropout, Layer

Chain = tuple[Layer, ...]


def without(chain: Chain) -> Chain:
    """A chain without its dropouts."""
    return tuple(layer for layer in chain if not layer.training_only)


def aligned(chains: Sequence[Chain]) -> list[Chain]:
    """Add dropouts of rate 0, so that all chains have dropouts at the same positions.

    The chains are equal up to their dropouts and the sizes of other layers. PyTorch returns the
    input of a dropout of rate 0 as it is, and draws no random numbers.

    >>> from archdsl.ir.ops import Activation
    >>> relu = Activation("relu")
    >>> aligned([(relu,), (relu, Dropout(0.5))])
    [(Activation(function='relu'), Dropout(p=0.0)), (Activation(function='relu'), Dropout(p=0.5))]
    """
    if not any(layer.training_only for chain in chains for layer in chain):
        return list(chains)
    gaps = [_gaps(chain) for chain in chains]
    most = [max(map(len, gap)) for gap in zip(*gaps, strict=True)]
    return [
        tuple(_filled(without(chain), own, most)) for chain, own in zip(chains, gaps, strict=True)
    ]


def _gaps(chain: Chain) -> list[list[Layer]]:
    """The dropouts before the first other layer, between others, and after the last."""
    gaps: list[list[Layer]] = [[]]
    for layer in chain:
        if layer.training_only:
            gaps[-1].append(layer)
        else:
            gaps.append([])
    return gaps


def _filled(others: Chain, gaps: list[list[Layer]], most: list[int]) -> list[Layer]:
    layers: list[Layer] = []
    for place, (gap, count) in enumerate(zip(gaps, most, strict=True)):
        layers += [*gap, *(Dropout(0.0) for _ in range(count - len(gap)))]
        layers += others[place : place + 1]
    return layers
