"""Which numbers of repeated code are literals, which are constructor arguments, which follow.

Each column holds one number for every instance of a class. A number that never varies is a
literal; one that is a multiple or a fraction of another argument everywhere is written so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

LARGEST_FACTOR = 16
RELATED = 16
"""How many arguments of a class others may be written in terms of: the first ones."""

ALONE = {"kernel", "padding", "stride", "drop", "dropout", "layers", "strides", "drops", "dropouts"}
"""Arguments that have nothing to do with widths, even if one is a multiple of the other."""

FOLLOWS = {"padding": "kernel"}
"""Those that can still be written in terms of another one: `padding=kernel // 2`."""


SHORT = 4
"""Numbers of a list that is written out in any case."""

MOST_PARTS = 10_000
"""The largest denominator of such a list."""

Number = int | float


def repeated(numbers: Iterable[Number]) -> list[str]:
    """Return the items of a list, those that repeat written once: `24`, `*[12] * 16`.

    >>> repeated([24, 12, 12, 12, 6])
    ['24', '*[12] * 3', '6']
    """
    runs = [(number, len([*same])) for number, same in groupby(numbers)]
    each = ([f"*[{n}] * {count}"] if count > 2 else [str(n)] * count for n, count in runs)
    return [item for items in each for item in items]


class Module:
    """A module in the place of a number: `str` of it builds one, and no two terms share it."""


class Numbers(tuple[Number, ...]):
    """A number for each layer of a run, as one argument: a list.

    >>> str(Numbers((16, 28))), str(Numbers(layer / 54 for layer in range(3, 21)))
    ('[16, 28]', '[layer / 54 for layer in range(3, 21)]')
    >>> str(Numbers((1, 2, 0, 1, 2, 0)))
    '[layer % 3 for layer in range(1, 7)]'
    """

    def __str__(self) -> str:
        items = repeated(self)
        alike = items[0].removeprefix("*") if len(items) == 1 < len(self) else None
        return self._rising() or alike or self._in_turns() or f"[{', '.join(items)}]"

    def _in_turns(self) -> str | None:
        """Whole numbers that count from 0 again and again."""
        if len(self) < SHORT or float in map(type, self):
            return None
        count, layers = int(max(self)) + 1, range(int(self[0]), int(self[0]) + len(self))
        if len(self) <= count or any(n != i % count for n, i in zip(self, layers, strict=True)):
            return None
        return f"[layer % {count} for layer in range({layers.start}, {layers.stop})]"

    def _rising(self) -> str | None:
        """Fractions that rise from layer to layer, if they are those of the list to the bit."""
        if len(self) < SHORT or int in map(type, self) or not self[0] < self[-1]:
            return None
        rate = (len(self) - 1) / (self[-1] - self[0])
        parts = round(rate) if rate < MOST_PARTS else 0
        layers = range(round(self[0] * parts), round(self[0] * parts) + len(self))
        if not parts or any(n != layer / parts for n, layer in zip(self, layers, strict=True)):
            return None
        return f"[layer / {parts} for layer in range({layers.start}, {layers.stop})]"


Value = Number | Numbers
"""What an argument is given."""


@dataclass(frozen=True, slots=True)
class Term:
    """`number`, or `times * parameter // over`; of a list, for each of its numbers."""

    number: Number | None = None
    parameter: str = ""
    times: int = 1
    over: int = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One value per instance. `forced` makes it an argument even if it never varies.

    Lists are arguments always: they are data of the network, not of a class.
    """

    name: str
    values: tuple[Value, ...]
    forced: bool = False


@dataclass(frozen=True)
class Solution:
    """The arguments with their values per instance, and a term for every column in order."""

    parameters: dict[str, tuple[Value, ...]]
    terms: tuple[Term, ...]


def solve(columns: Sequence[Column]) -> Solution:
    """Choose arguments, earlier columns first."""
    parameters: dict[str, tuple[Value, ...]] = {}
    named: Counter[str] = Counter()
    terms = tuple(_term(column, parameters, named) for column in columns)
    return Solution(parameters, terms)


def _term(column: Column, parameters: dict[str, tuple[Value, ...]], named: Counter[str]) -> Term:
    values = column.values
    if column.forced and repr(parameters.get(column.name)) == repr(values):
        return Term(parameter=column.name)
    if not column.forced:
        if len(set(values)) == 1 and not isinstance(values[0], Numbers):
            return Term(number=values[0])
        earlier = () if isinstance(values[0], Module) else parameters.items()
        for name, other in islice(earlier, RELATED):
            if not _related(column.name, name):
                continue
            if term := _follows(values, name, other):
                return term
    name = column.name
    while name in parameters:
        named[column.name] += 1
        name = f"{column.name}{named[column.name] + 1}"
    parameters[name] = values
    return Term(parameter=name)


def _related(name: str, parameter: str) -> bool:
    """Return whether a number can be written in terms of a parameter."""
    own = parameter.rstrip("0123456789")
    return parameter == name or FOLLOWS.get(name) == own or not {name, own, parameter} & ALONE


def _follows(values: tuple[Value, ...], name: str, earlier: tuple[Value, ...]) -> Term | None:
    if [_length(value) for value in values] != [_length(value) for value in earlier]:
        return None
    pairs = set(zip(_flat(values), _flat(earlier), strict=True))
    if not all(isinstance(number, int) for pair in pairs for number in pair):
        return Term(parameter=name) if values == earlier else None
    value, other = next(iter(pairs))
    every = range(1, LARGEST_FACTOR + 1)
    factors = [f for f in every if value == f * other or value == other // f]
    for factor in factors:
        if all(value == factor * other for value, other in pairs):
            return Term(parameter=name, times=factor)
        if all(value == other // factor for value, other in pairs):
            return Term(parameter=name, over=factor)
    return None


def _length(value: Value) -> int | None:
    return len(value) if isinstance(value, Numbers) else None


def _flat(values: tuple[Value, ...]) -> Iterator[Number]:
    for value in values:
        yield from value if isinstance(value, Numbers) else (value,)
