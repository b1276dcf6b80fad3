"""The values a spec may write where a number is wanted: a number, arithmetic, or one per stage.

A field annotated `Count` is typed `int`, because that is what it is once the spec is resolved;
until then it may hold `Deferred` arithmetic or a `PerStage` list, which `archdsl.frontend.resolve`
replaces.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from archdsl.errors import ArchdslError, Source, Span, fail
from archdsl.language.arithmetic import Scope, Value
from archdsl.language.expression import Expression, parse

WIDEST = 65_536
DEEPEST = 10**15
TOO_MANY = {WIDEST: "A302", DEEPEST: "A301"}


class Text(str):
    """A string that remembers where it was written (`source`, `span`)."""

    source: Source | None
    span: Span | None

    def __new__(cls, value: str, source: Source | None = None, span: Span | None = None) -> Text:
        """Attach a place to a string."""
        text = super().__new__(cls, value)
        text.source, text.span = source, span
        return text


@dataclass(frozen=True)
class Bounds:
    """The numbers a field takes; `whole` fields refuse fractions. Used as an annotation."""

    low: int
    high: int
    whole: bool = True
    below_high: bool = False
    code: str = "A101"
    help: str | None = None

    def check(self, value: Value) -> int | float:
        """The number itself if it is allowed. Raises ArchdslError (A101) without a place."""
        number: Any = value
        if isinstance(number, float) and not math.isfinite(number):
            raise fail("A101", "this number is not finite")
        if isinstance(number, bool) or not isinstance(number, int | float | Fraction):
            raise fail("A101", f"this must be {self.words()}, not {_kind(value)}")
        if self.whole and isinstance(number, float | Fraction):
            even = number == int(number)
            raise fail(
                "A101",
                f"this must be {self.words()}, not {float(number) if even else number}",
                help=f"write {int(number)}" if even else "round with `floor(...)`",
            )
        message = f"this must be {self.words()}, not {_shown(number)}"
        if number < self.low:
            raise fail(self.code, message, help=self.help)
        if number > self.high or (self.below_high and number == self.high):
            raise fail(TOO_MANY.get(self.high, "A101"), message)
        return number if isinstance(number, int) else float(number) or 0.0

    def words(self) -> str:
        """The allowed numbers, in words."""
        if not self.whole:
            return f"a number from {self.low} up to {self.high}" + (
                " (not included)" if self.below_high else ""
            )
        return f"a whole number from {self.low:,} to {self.high:,}"

    def validate(self, value: Any) -> Any:
        """pydantic's entry: numbers are checked now, arithmetic and lists when resolved."""
        try:
            if isinstance(value, list):
                return PerStage(tuple(self.one(entry) for entry in value))
            return self.one(value)
        except ArchdslError as error:
            raise as_pydantic(error) from None

    def one(self, value: Any) -> Any:
        """A number, or arithmetic still to be evaluated."""
        if isinstance(value, str):
            refuse_lookalike(value)
            return Deferred.read(value, self)
        return self.check(value)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.validate,
            serialization=core_schema.plain_serializer_function_ser_schema(written),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        number = {
            "type": "integer" if self.whole else "number",
            "minimum": self.low,
            ("exclusiveMaximum" if self.below_high else "maximum"): self.high,
        }
        arithmetic = {"type": "string", "description": "arithmetic over the spec's parameters"}
        one = [number, arithmetic]
        return {"anyOf": [*one, {"type": "array", "items": {"anyOf": one}, "minItems": 1}]}


@dataclass(frozen=True)
class Deferred:
    """Arithmetic that waits for its scope, with the bounds of its field."""

    expression: Expression
    bounds: Bounds
    source: Source | None = field(compare=False)
    span: Span | None = field(compare=False)

    @classmethod
    def read(cls, text: str, bounds: Bounds) -> Deferred:
        """Return parsed arithmetic. A mistake in it is located inside the text.

        Args:
            text: the arithmetic as it is written, with its position if it comes from a
                spec.
            bounds: the type and the range that its value must have.

        Raises:
            ArchdslError: A110 if the text is not arithmetic.
        """
        source, span = getattr(text, "source", None), getattr(text, "span", None)
        try:
            return cls(parse(text), bounds, source, span)
        except ArchdslError as error:
            raise locate(error, source, span) from None

    def evaluate(self, scope: Scope) -> int | float:
        """The number in a scope. Raises ArchdslError (A101, A110 to A113), located."""
        try:
            value = scope.entry(self.expression.evaluate(scope), f"`{self.expression.text}`")
            return self.bounds.check(value)
        except ArchdslError as error:
            raise locate(error, self.source, self.span) from None


@dataclass(frozen=True)
class PerStage:
    """A list written where one number is wanted: one entry per stage."""

    entries: tuple[Any, ...]


def written(value: Any) -> Any:
    """What the spec said, for `dump`."""
    if isinstance(value, PerStage):
        return [written(entry) for entry in value.entries]
    return value.expression.text if isinstance(value, Deferred) else value


def locate(error: ArchdslError, source: Source | None, span: Span | None) -> ArchdslError:
    """Return an error of an expression with a position in the spec.

    Args:
        error: an error whose span, if any, counts from the start of the expression.
        source: the text of the spec; None if the expression was not read from a file.
        span: position of the expression in the spec.
    """
    finding = error.diagnostics[0]
    if source is None or span is None or finding.source is not None:
        return error
    inner = finding.span
    if inner is not None and inner.column + inner.width - 1 <= span.width:
        span = Span(span.line, span.column + inner.column - 1, inner.width)
    return ArchdslError(replace(finding, source=source, span=span))


def as_pydantic(error: ArchdslError) -> PydanticCustomError:
    """Carry a finding through pydantic, which knows the path of the value."""
    return PydanticCustomError("archdsl", "{message}", {"message": str(error), "finding": error})


def refuse_lookalike(text: str) -> None:
    """Refuse text that a reader could take for a number. Raises ArchdslError (A101)."""
    digits = text.replace("_", "").replace(":", "")
    if not digits.isdigit() or len(text) > 40:
        return
    if ":" in text or not text.isascii():
        raise fail("A101", f"`{text}` is not a number", help="write it in plain decimal digits")
    octal = text.startswith("0") and set(text) <= set("01234567") and len(text) > 1
    raise fail(
        "A101",
        f"`{text}` is text that only looks like a number",
        help=f"write {int(digits)}" + (f" or {int(text, 8)}" if octal else "") + ", without quotes",
    )


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f"the word `{value[:40]}`"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def _shown(number: int | float | Fraction) -> str:
    return f"{number:,}" if isinstance(number, int) and abs(number) < 10**60 else str(number)[:60]


class Words(BaseModel):
    """Base of everything a spec can write: strict, frozen, nothing unknown."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True
    )

    shorthand: ClassVar[str | None] = None
    """The field that a bare word stands for, if this may be written as one word."""

    since: ClassVar[int] = 1
    """The first version of the language that has this word."""

    keys_since: ClassVar[Mapping[str, int]] = {}
    """The first version that has a key, for keys newer than their word."""

    resolved_later: ClassVar[frozenset[str]] = frozenset()
    """Fields that hold words of another scope, whose numbers are resolved where they are built."""

    def needs(self) -> Mapping[str, int]:
        """Return the version that each of its keys needs, with the value it has here."""
        return self.keys_since

    def word(self) -> str:
        """The word that names this in a spec: `full`, `concat`, `norm`; empty if none does."""
        names = (getattr(self, key, None) for key in ("rule", "kind", "layer"))
        return next((name for name in names if isinstance(name, str)), "")


Count = Annotated[int, Bounds(1, DEEPEST)]
Width = Annotated[int, Bounds(1, WIDEST)]
Size = Annotated[int, Bounds(1, 31)]
Padding = Annotated[int, Bounds(0, 31)]
Base = Annotated[
    int,
    Bounds(
        2,
        DEEPEST,
        code="A201",
        help="with base 1 every distance would be 1; for a chain write `{rule: plain}`",
    ),
]
Real = Annotated[float, Bounds(-DEEPEST, DEEPEST, whole=False)]
Chance = Annotated[float, Bounds(0, 1, whole=False, below_high=True)]
