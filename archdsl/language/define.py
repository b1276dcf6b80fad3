"""Units that a spec defines itself: `define: {word: {takes: {...}, layers: [...]}}`.

A definition becomes a kind of unit, with a key for each number that it takes. What its layers may
be is set where the whole language is known (`archdsl/frontend/schema.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, GetJsonSchemaHandler, create_model
from pydantic_core import CoreSchema

from archdsl.language.arithmetic import plain
from archdsl.language.unit import Unit
from archdsl.language.values import DEEPEST, Bounds, Words

KEY = "take_"
"""Begins the fields of a defined unit, so that a number may have any name, such as `layers`."""


@dataclass(frozen=True)
class Exact(Bounds):
    """Numbers that stay exact, because arithmetic uses them: 0.1 is the fraction 1/10."""

    def check(self, value: Any) -> Any:
        """Return the number. Raise ArchdslError (A101) without a position if it is not allowed."""
        super().check(value)
        return plain(Fraction(repr(value))) if isinstance(value, float) else value


class Default(Exact):
    """The same, or nothing."""

    def validate(self, value: Any) -> Any:
        """Return a number, arithmetic or None. Raises PydanticCustomError (A101)."""
        return None if value is None else super().validate(value)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        forms = super().__get_pydantic_json_schema__(schema, handler)["anyOf"]
        return {"anyOf": [*forms, {"type": "null"}]}


Number = Annotated[Any, Exact(-DEEPEST, DEEPEST, whole=False)]
NumberOrNothing = Annotated[Any, Default(-DEEPEST, DEEPEST, whole=False)]


class Definition(Words):
    """A named unit of this spec: the numbers that it takes, and its layers."""

    takes: dict[str, NumberOrNothing] = Field(
        default_factory=dict,
        description="names of numbers, each with its default, or with nothing if it has none",
    )
    layers: Any = Field(description="the layers of the unit")


class Defined(Unit):
    """A unit that the spec defines, with its numbers."""

    since: ClassVar[int] = 2

    def numbers(self) -> dict[str, Any]:
        """Return the numbers that are written, by name."""
        names = type(self).model_fields.keys() & self.model_fields_set
        return {n.removeprefix(KEY): getattr(self, n) for n in names if n.startswith(KEY)}


@dataclass(frozen=True)
class Signature:
    """The word of a definition, and its numbers: those without a default are `required`."""

    word: str
    takes: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()

    def model(self) -> type[Defined]:
        """Return the class of units that are written with this word."""
        fields: dict[str, Any] = {
            KEY + name: (Number, Field(... if name in self.required else None, alias=name))
            for name in self.takes
        }
        word: Any = Literal[self.word]
        return create_model("Defined", __base__=Defined, kind=(word, ...), **fields)


def defined_in(value: Any) -> Iterator[Defined]:
    """Yield the units with words of the spec's own in some words, not those in their layers."""
    if isinstance(value, Defined):
        yield value
    elif isinstance(value, Words):
        for name in type(value).model_fields:
            yield from defined_in(getattr(value, name))
    elif isinstance(value, tuple):
        for entry in value:
            yield from defined_in(entry)
