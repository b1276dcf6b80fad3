"""Arithmetic in specs: `(depth - 4) // 6`, `2 * first(growth)`, `min(inner, 64)`.

A tokenizer and a recursive-descent parser of our own, over exact numbers: nothing is evaluated by
Python, nothing can be named that the scope does not hold, and nothing can grow without bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from archdsl.counted import counted
from archdsl.errors import ArchdslError, Diagnostic, Span, fail
from archdsl.language.arithmetic import (
    FUNCTIONS,
    Scope,
    Term,
    Value,
    binary,
    index_into,
    look_up,
    negate,
    plain,
)

LONGEST = 240
DEEPEST = 32

TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)|(?P<name>[a-z][a-z0-9_]*)"
    r"|(?P<sign>\*\*|//|[-+*/%(),\[\]]))"
)


@dataclass(frozen=True)
class Expression:
    """A parsed expression; equal texts are equal expressions."""

    text: str
    term: Term = field(compare=False, repr=False)
    names: frozenset[str] = field(compare=False, repr=False)
    lists: int = field(default=0, compare=False, repr=False)
    """How many calls may go through a whole list: `sum(growth)`."""

    def work(self, values: Mapping[str, Value]) -> int:
        """How much evaluating takes at most: characters, and entries of lists that are added up."""
        if not self.lists:
            return len(self.text)
        lengths = [len(v) for name in self.names if isinstance(v := values.get(name), tuple)]
        return len(self.text) + self.lists * max(lengths, default=0)

    def evaluate(self, scope: Scope) -> Value:
        """The exact value in a scope: int, Fraction, word, or (outside stages) a list.

        Raises: ArchdslError (A111, A112, A113) without a place; the caller knows it.
        """
        return plain(self.term(scope))


def parse(text: str) -> Expression:
    """Read an expression. Raises ArchdslError (A110) with the column inside the text as span."""
    if len(text) > LONGEST:
        raise fail("A110", f"this expression is longer than {LONGEST} characters")
    return _Parser(text).whole()


class _Parser:
    """Precedence: sum < product < sign < power < index; every method consumes what it names."""

    def __init__(self, text: str) -> None:
        self.text, self.position, self.depth = text, 0, 0
        self.names: set[str] = set()
        self.lists = 0
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
        actual = f"`{self.token}`" if self.token else "the end"
        return ArchdslError(
            Diagnostic(
                "A110",
                f"expected {expected}, found {actual}",
                span=Span(1, self.start + 1, max(1, len(self.token))),
                help="arithmetic is + - * / // % **, parentheses, [index], and the functions "
                + ", ".join(FUNCTIONS),
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
        return Expression(self.text, term, frozenset(self.names), self.lists)

    def sum(self) -> Term:
        self.depth += 1
        if self.depth > DEEPEST:
            raise fail("A110", f"this expression is nested deeper than {DEEPEST} levels")
        term = self.product()
        while sign := self.take("+", "-"):
            term = binary(sign, term, self.product())
        self.depth -= 1
        return term

    def product(self) -> Term:
        term = self.signed()
        while sign := self.take("*", "//", "/", "%"):
            term = binary(sign, term, self.signed())
        return term

    def signed(self) -> Term:
        negative = False
        while sign := self.take("-", "+"):
            negative ^= sign == "-"
        term = self.power()
        return negate(term) if negative else term

    def power(self) -> Term:
        term = self.indexed()
        if self.take("**"):
            self.depth += 1
            if self.depth > DEEPEST:
                raise fail("A110", f"this expression is nested deeper than {DEEPEST} levels")
            term = binary("**", term, self.signed())
            self.depth -= 1
        return term

    def indexed(self) -> Term:
        term = self.atom()
        while self.take("["):
            index = self.sum()
            if not self.take("]"):
                raise self.error("`]`")
            term = index_into(term, index)
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
            value = plain(Fraction(token))
            return lambda scope: value
        if kind != "name":
            raise self.error("a number, a name or `(`")
        self.advance()
        if self.take("("):
            return self.call(token)
        self.names.add(token)
        return look_up(token)

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
        self.lists += count is None and len(arguments) == 1
        if count not in {None, len(arguments)}:
            raise fail("A110", f"`{name}` takes {counted(count, 'value')}, not {len(arguments)}")
        return lambda scope: function(
            tuple(argument(scope) for argument in arguments), scope, f"`{name}(...)`"
        )
