"""What arithmetic means: exact numbers, names from a scope, a few functions; all of it bounded."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from archdsl.counted import counted
from archdsl.errors import fail

Number = int | Fraction
Value = Number | str | tuple["Value", ...]

LARGEST = 10**30
OUT_OF_RANGE = "this arithmetic leaves the range of 30 digits"


@dataclass(frozen=True, slots=True)
class Rounding:
    """A `//` that left a remainder: `total // divisor`, as it happened."""

    total: int
    divisor: int


@dataclass(frozen=True)
class Scope:
    """What names mean at one place; `stage` is the index lists are read at, if inside a stage.

    In a nest, lists have one entry per level: `per` says which of the two it is.
    """

    values: Mapping[str, Value]
    stage: int | None = None
    stages: int = 0
    roundings: list[Rounding] = field(default_factory=list, compare=False)
    per: str = "stage"

    def entry(self, value: Value, subject: str) -> Value:
        """Return the entry of a list that belongs to the stage; any other value unchanged.

        Args:
            value: a number, a word or a list.
            subject: what has this value, for messages, such as `growth`.

        Raises:
            ArchdslError: A112 for a list outside a stage, or a list of a different length.
        """
        if not isinstance(value, tuple):
            return value
        if self.stage is None:
            raise fail(
                "A112",
                f"{subject} is a list of {len(value)} here",
                help="choose an entry: `first(...)`, `last(...)`, `max(...)` or an index `[0]`",
            )
        if len(value) != self.stages:
            raise fail(
                "A112",
                f"{subject} has {counted(len(value), 'entry', 'entries')} for "
                f"{counted(self.stages, self.per)}",
                help=f"write one number, or one entry per {self.per}",
            )
        return value[self.stage]


Term = Callable[[Scope], Value]


def plain(value: Value) -> Value:
    """A whole number as an int."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return int(value)
    return value


def _number(value: Value, scope: Scope, subject: str) -> Number:
    value = scope.entry(value, subject)
    if isinstance(value, str | tuple):
        raise fail("A113", f"{subject} is the word `{value}`, not a number")
    return value


def _bounded(value: Number) -> Number:
    if not -LARGEST <= value <= LARGEST or value.denominator > LARGEST:
        raise fail("A113", OUT_OF_RANGE)
    return value


def _list(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)


def _numbers(values: tuple[Value, ...], scope: Scope, subject: str) -> list[Number]:
    if len(values) == 1:
        values = _list(values[0])
    return [_number(value, scope, subject) for value in values]


def _length(values: tuple[Value, ...], scope: Scope, subject: str) -> Value:
    return len(_list(values[0]))


def _even(values: tuple[Value, ...], scope: Scope, subject: str) -> Value:
    """The nearest even number; an odd number is rounded up, as HarDNet's published code does."""
    return floor(_number(values[0], scope, subject) + 1) // 2 * 2


def _multiple(values: tuple[Value, ...], scope: Scope, subject: str) -> Value:
    """The nearest multiple that is positive and at least 90% of the number (MobileNetV2)."""
    number, divisor = (_number(value, scope, subject) for value in values)
    if not isinstance(divisor, int) or divisor < 1:
        raise fail("A113", f"{subject} needs a positive whole number as its second value")
    nearest = max(divisor, floor(number + Fraction(divisor, 2)) // divisor * divisor)
    return _bounded(nearest + divisor if 10 * nearest < 9 * number else nearest)


def _twos(values: tuple[Value, ...], scope: Scope, subject: str) -> Value:
    """How many times 2 divides a number."""
    number = _number(values[0], scope, subject)
    if not isinstance(number, int) or number < 1:
        raise fail("A113", f"{subject} needs a positive whole number")
    return (number & -number).bit_length() - 1


def _bits(values: tuple[Value, ...], scope: Scope, subject: str) -> Value:
    """The number of binary digits: 1 + floor(log_2 n)."""
    number = _number(values[0], scope, subject)
    if not isinstance(number, int) or number < 1:
        raise fail("A113", f"{subject} needs a positive whole number")
    return number.bit_length()


FUNCTIONS: dict[str, tuple[int | None, Callable[[tuple[Value, ...], Scope, str], Value]]] = {
    "first": (1, lambda values, scope, subject: _list(values[0])[0]),
    "last": (1, lambda values, scope, subject: _list(values[0])[-1]),
    "len": (1, _length),
    "sum": (None, lambda values, scope, subject: _bounded(sum(_numbers(values, scope, subject)))),
    "min": (None, lambda values, scope, subject: min(_numbers(values, scope, subject))),
    "max": (None, lambda values, scope, subject: max(_numbers(values, scope, subject))),
    "floor": (1, lambda values, scope, subject: floor(_number(values[0], scope, subject))),
    "ceil": (1, lambda values, scope, subject: ceil(_number(values[0], scope, subject))),
    "round": (1, lambda values, scope, subject: round(_number(values[0], scope, subject))),
    "even": (1, _even),
    "multiple": (2, _multiple),
    "twos": (1, _twos),
    "bits": (1, _bits),
}

RESERVED_FUNCTIONS = frozenset({"first", "last", "len", "sum", "min", "max", "floor", "ceil"})
"""Functions that no parameter may be named after. Newer ones are not among them, because a spec
may have such a parameter already; a name followed by a parenthesis is always the function."""


def _divide_floor(left: Number, right: Number, scope: Scope) -> Number:
    if isinstance(left, int) and isinstance(right, int) and left % right:
        scope.roundings.append(Rounding(left, right))
    return left // right


def _power(base: Number, exponent: Number) -> Number:
    """The exact power; its size is estimated first, so that no huge number is ever computed."""
    if not isinstance(exponent, int):
        raise fail("A113", "the right of `**` must be a whole number")
    if base == 0 and exponent < 0:
        raise fail("A113", "`**` divides by zero: 0 has no negative power")
    exact = Fraction(base)
    digits = max(abs(exact.numerator).bit_length(), exact.denominator.bit_length()) - 1
    if digits * abs(exponent) > 2 * LARGEST.bit_length():
        raise fail("A113", OUT_OF_RANGE)
    return exact**exponent


OPERATORS: dict[str, Callable[[Number, Number, Scope], Number]] = {
    "+": lambda left, right, scope: left + right,
    "-": lambda left, right, scope: left - right,
    "*": lambda left, right, scope: left * right,
    "/": lambda left, right, scope: Fraction(left) / right,
    "//": _divide_floor,
    "%": lambda left, right, scope: left % right,
    "**": lambda left, right, scope: _power(left, right),
}


def look_up(name: str) -> Term:
    """The value of a name. The term raises ArchdslError (A111)."""

    def find(scope: Scope) -> Value:
        if name not in scope.values:
            near = difflib.get_close_matches(name, scope.values, 1)
            names = ", ".join(sorted(scope.values)) or "none"
            raise fail(
                "A111",
                f"nothing here is called `{name}`",
                help=f"did you mean `{near[0]}`?" if near else f"known here: {names}",
            )
        return scope.values[name]

    return find


def binary(sign: str, left: Term, right: Term) -> Term:
    """Return the term of an operator and its two operands; it raises ArchdslError (A113).

    Args:
        sign: a key of `OPERATORS`, such as `//`.
        left: the term before the sign.
        right: the term after the sign.
    """

    def apply(scope: Scope) -> Value:
        first = _number(left(scope), scope, f"the left of `{sign}`")
        second = _number(right(scope), scope, f"the right of `{sign}`")
        if sign in {"/", "//", "%"} and second == 0:
            raise fail("A113", f"`{sign}` divides by zero")
        return plain(_bounded(OPERATORS[sign](first, second, scope)))

    return apply


def negate(term: Term) -> Term:
    """The term with its sign changed."""
    return lambda scope: -_number(term(scope), scope, "what follows `-`")


def index_into(term: Term, index: Term) -> Term:
    """Return the term `term[index]`, counted from 0; it raises ArchdslError (A113).

    Args:
        term: a term whose value is a list.
        index: a term whose value is the index.
    """

    def apply(scope: Scope) -> Value:
        values, place = term(scope), index(scope)
        if not isinstance(values, tuple):
            raise fail("A113", "only a list can be indexed", help="`first(...)` takes both")
        if not isinstance(place, int) or not 0 <= place < len(values):
            raise fail("A113", f"there is no entry [{place}] in a list of {len(values)}")
        return values[place]

    return apply
