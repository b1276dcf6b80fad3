"""Arithmetic in specs: `(depth - 4) // 6`, `2 * first(growth)`, `min(inner, 64)`.

A tokenizer and a recursive-descent parser of our own, over exact numbers: nothing is evaluated by
Python, nothing can be named that the scope does not hold, and nothing can grow without bound.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from archdsl.errors import ArchdslError, Diagnostic, Span, fail

Number = int | Fraction
Value = Number | str | tuple["Value", ...]

LONGEST = 240
LARGEST = 10**30
DEEPEST = 32

TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[a-z][a-z0-9_]*)|(?P<sign>//|[-+*/%(),\[\]]))"
)


@dataclass(frozen=True, slots=True)
class Rounding:
    """A `//` that left a remainder: `total // divisor`, as it happened."""

    total: int
    divisor: int


@dataclass(frozen=True)
class Scope:
    """What names mean at one place; `stage` is the index lists are read at, if inside a stage."""

    values: Mapping[str, Value]
    stage: int | None = None
    stages: int = 0
    roundings: list[Rounding] = field(default_factory=list, compare=False)

    def entry(self, value: Value, said: str) -> Value:
        """A list inside a stage means the stage's own entry; elsewhere it must be chosen from."""
        if not isinstance(value, tuple):
            return value
        if self.stage is None:
            raise fail(
                "A112",
                f"{said} is a list of {len(value)} here",
                help="choose an entry: `first(...)`, `last(...)`, `max(...)` or an index `[0]`",
            )
        if len(value) != self.stages:
            raise fail(
                "A112",
                f"{said} has {len(value)} entries, but there are {self.stages} stages",
                help="write one number, or one entry per stage",
            )
        return value[self.stage]


Term = Callable[[Scope], Value]


@dataclass(frozen=True)
class Expression:
    """A parsed expression; equal texts are equal expressions."""

    text: str
    term: Term = field(compare=False, repr=False)
    names: frozenset[str] = field(compare=False, repr=False)

    def evaluate(self, scope: Scope) -> Value:
        """The exact value in a scope: int, Fraction, word, or (outside stages) a list.

        Raises: ArchdslError (A111, A112, A113) without a place; the caller knows it.
        """
        return _plain(self.term(scope))


def parse(text: str) -> Expression:
    """Read an expression. Raises ArchdslError (A110) with the column inside the text as span."""
    if len(text) > LONGEST:
        raise fail("A110", f"this expression is longer than {LONGEST} characters")
    return _Parser(text).whole()


def _plain(value: Value) -> Value:
    if isinstance(value, Fraction) and value.denominator == 1:
        return int(value)
    return value


def _number(value: Value, scope: Scope, said: str) -> Number:
    value = scope.entry(value, said)
    if isinstance(value, str | tuple):
        raise fail("A113", f"{said} is the word `{value}`, not a number")
    return value


def _bounded(value: Number) -> Number:
    if abs(value) > LARGEST or (isinstance(value, Fraction) and value.denominator > LARGEST):
        raise fail("A113", "this arithmetic leaves the range of 30 digits")
    return value


def _list(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)


def _numbers(values: tuple[Value, ...], scope: Scope, said: str) -> list[Number]:
    if len(values) == 1:
        values = _list(values[0])
    return [_number(value, scope, said) for value in values]


def _length(values: tuple[Value, ...], scope: Scope, said: str) -> Value:
    return len(_list(values[0]))


FUNCTIONS: dict[str, tuple[int | None, Callable[[tuple[Value, ...], Scope, str], Value]]] = {
    "first": (1, lambda values, scope, said: _list(values[0])[0]),
    "last": (1, lambda values, scope, said: _list(values[0])[-1]),
    "len": (1, _length),
    "sum": (None, lambda values, scope, said: _bounded(sum(_numbers(values, scope, said)))),
    "min": (None, lambda values, scope, said: min(_numbers(values, scope, said))),
    "max": (None, lambda values, scope, said: max(_numbers(values, scope, said))),
    "floor": (1, lambda values, scope, said: floor(_number(values[0], scope, said))),
    "ceil": (1, lambda values, scope, said: ceil(_number(values[0], scope, said))),
}


def _divide_floor(left: Number, right: Number, scope: Scope) -> Number:
    if isinstance(left, int) and isinstance(right, int) and left % right:
        scope.roundings.append(Rounding(left, right))
    return left // right


OPERATORS: dict[str, Callable[[Number, Number, Scope], Number]] = {
    "+": lambda left, right, scope: left + right,
    "-": lambda left, right, scope: left - right,
    "*": lambda left, right, scope: left * right,
    "/": lambda left, right, scope: Fraction(left) / right,
    "//": _divide_floor,
    "%": lambda left, right, scope: left % right,
}


class _Parser:
    """Precedence: sum < product < sign < index; every method consumes what it names."""

    def __init__(self, text: str) -> None:
        self.text, self.position, self.depth = text, 0, 0
        self.names: set[str] = set()
        self.kind, self.token, self.start = "", "", 0
        self.advance()

    def advance(self) -> None:
        match = TOKEN.match(self.text, self.position)
        if match:
            self.kind = match.lastgroup or ""
            self.token, self.start = match[self.kind], match.start(self.kind)
            self.position = match.end()
        elif self.text[self.position :].strip():
            self.start = (
                self.position
                + len(self.text[self.position :])
                - len(self.text[self.position :].lstrip())
            )
            self.kind, self.token = "unknown", self.text[self.start]
        else:
            self.kind, self.token, self.start = "end", "", len(self.text)

    def error(self, expected: str) -> ArchdslError:
        found = f"`{self.token}`" if self.token else "the end"
        return ArchdslError(
            Diagnostic(
                "A110",
                f"expected {expected}, found {found}",
                span=Span(1, self.start + 1, max(1, len(self.token))),
                help="arithmetic is + - * / // %, min, max, floor, ceil, first, last, len, sum, "
                "parentheses and [index]",
            )
        )

    def take(self, *signs: str) -> str | None:
        if self.kind == "sign" and self.token in signs:
            sign = self.token
            self.advance()
            return sign
        return None

    def whole(self) -> Expression:
        term = self.sum()
        if self.kind != "end":
            raise self.error("an operator or the end")
        return Expression(self.text, term, frozenset(self.names))

    def sum(self) -> Term:
        self.depth += 1
        if self.depth > DEEPEST:
            raise fail("A110", f"this expression is nested deeper than {DEEPEST} levels")
        term = self.product()
        while sign := self.take("+", "-"):
            term = _binary(sign, term, self.product())
        self.depth -= 1
        return term

    def product(self) -> Term:
        term = self.signed()
        while sign := self.take("*", "//", "/", "%"):
            term = _binary(sign, term, self.signed())
        return term

    def signed(self) -> Term:
        negative = False
        while sign := self.take("-", "+"):
            negative ^= sign == "-"
        term = self.indexed()
        return _negate(term) if negative else term

    def indexed(self) -> Term:
        term = self.atom()
        while self.take("["):
            index = self.sum()
            if not self.take("]"):
                raise self.error("`]`")
            term = _index(term, index)
        return term

    def atom(self) -> Term:
        if self.take("("):
            term = self.sum()
            if not self.take(")"):
                raise self.error("`)`")
            return term
        kind, token = self.kind, self.token
        if kind == "number":
            self.advance()
            value = _plain(Fraction(token))
            return lambda scope: value
        if kind != "name":
            raise self.error("a number, a name or `(`")
        self.advance()
        if self.take("("):
            return self.call(token)
        self.names.add(token)
        return _name(token)

    def call(self, name: str) -> Term:
        if name not in FUNCTIONS:
            raise fail(
                "A110",
                f"there is no function `{name}`",
                help="functions: " + ", ".join(FUNCTIONS),
            )
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        if not self.take(")"):
            raise self.error("`,` or `)`")
        count, function = FUNCTIONS[name]
        if count not in {None, len(arguments)}:
            raise fail("A110", f"`{name}` takes {count} value, not {len(arguments)}")
        return lambda scope: function(
            tuple(argument(scope) for argument in arguments), scope, f"`{name}(...)`"
        )


def _name(name: str) -> Term:
    def look_up(scope: Scope) -> Value:
        if name not in scope.values:
            near = difflib.get_close_matches(name, scope.values, 1)
            known = ", ".join(sorted(scope.values)) or "none"
            raise fail(
                "A111",
                f"nothing here is called `{name}`",
                help=f"did you mean `{near[0]}`?" if near else f"known here: {known}",
            )
        return scope.values[name]

    return look_up


def _binary(sign: str, left: Term, right: Term) -> Term:
    def apply(scope: Scope) -> Value:
        first = _number(left(scope), scope, f"the left of `{sign}`")
        second = _number(right(scope), scope, f"the right of `{sign}`")
        if sign in {"/", "//", "%"} and second == 0:
            raise fail("A113", f"`{sign}` divides by zero")
        return _plain(_bounded(OPERATORS[sign](first, second, scope)))

    return apply


def _negate(term: Term) -> Term:
    return lambda scope: -_number(term(scope), scope, "what follows `-`")


def _index(term: Term, index: Term) -> Term:
    def apply(scope: Scope) -> Value:
        values, place = term(scope), index(scope)
        if not isinstance(values, tuple):
            raise fail("A113", "only a list can be indexed", help="`first(...)` takes both")
        if not isinstance(place, int) or not 0 <= place < len(values):
            raise fail("A113", f"there is no entry [{place}] in a list of {len(values)}")
        return values[place]

    return apply
