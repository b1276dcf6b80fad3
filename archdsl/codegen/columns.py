"""Which numbers of repeated code are literals, which are constructor arguments, which follow.

Each column holds one number for every instance of a class. A number that never varies is a
literal; one that is a multiple or a fraction of another argument everywhere is written so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

LARGEST_FACTOR = 16
RELATED = 16
"""How many arguments of a class others may be written in terms of: the first ones."""

ALONE = {"stride", "drop", "dropout", "layers"}


Number = int | float


class Module:
    """A module in the place of a number: `str` of it builds one, and no two terms share it."""


@dataclass(frozen=True, slots=True)
class Term:
    """`number`, or `times * parameter // over`."""

    number: Number | None = None
    parameter: str = ""
    times: int = 1
    over: int = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One number per instance. `forced` makes it an argument even if it never varies."""

    name: str
    values: tuple[Number, ...]
    forced: bool = False


@dataclass(frozen=True)
class Solution:
    """The arguments with their values per instance, and a term for every column in order."""

    parameters: dict[str, tuple[Number, ...]]
    terms: tuple[Term, ...]


def solve(columns: Sequence[Column]) -> Solution:
    """Choose arguments, earlier columns first."""
    parameters: dict[str, tuple[Number, ...]] = {}
    named: Counter[str] = Counter()
    terms = tuple(_term(column, parameters, named) for column in columns)
    return Solution(parameters, terms)


def _term(column: Column, parameters: dict[str, tuple[Number, ...]], named: Counter[str]) -> Term:
    values = column.values
    if column.forced and repr(parameters.get(column.name)) == repr(values):
        return Term(parameter=column.name)
    if not column.forced:
        if len(set(values)) == 1:
            return Term(number=values[0])
        earlier = () if isinstance(values[0], Module) else parameters.items()
        for name, known in islice(earlier, RELATED):
            # A stride that happens to be a fraction of a width has nothing to do with it.
            if (column.name in ALONE or name in ALONE) and name != column.name:
                continue
            if found := _follows(values, name, known):
                return found
    name = column.name
    while name in parameters:
        named[column.name] += 1
        name = f"{column.name}{named[column.name] + 1}"
    parameters[name] = values
    return Term(parameter=name)


def _follows(values: tuple[Number, ...], name: str, known: tuple[Number, ...]) -> Term | None:
    if not all(isinstance(value, int) for value in (*values, *known)):
        return Term(parameter=name) if values == known else None
    value, other = values[0], known[0]
    every = range(1, LARGEST_FACTOR + 1)
    factors = [f for f in every if value == f * other or value == other // f]
    pairs = set(zip(values, known, strict=True)) if factors else set()
    for factor in factors:
        if all(value == factor * other for value, other in pairs):
            return Term(parameter=name, times=factor)
        if all(value == other // factor for value, other in pairs):
            return Term(parameter=name, over=factor)
    return None
