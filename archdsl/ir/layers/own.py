"""A layer that a user defines, in a network: its word answers, for a fixed shape of input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from keyword import iskeyword
from math import isfinite
from typing import ClassVar

from archdsl.errors import fail
from archdsl.ir.layers.layer import Kept, Layer, Numbers, Shape, Weighted
from archdsl.language import layer as user

Value = int | float | bool
TAKEN = {"self", "nn", "torch", "functional"}
"""Names that the constructor of an emitted class uses, so no argument has them."""


@dataclass(frozen=True, slots=True)
class Own(Weighted):
    """The layer for `word`, built for inputs of one shape; `arguments` are its constructor's."""

    of_batch: ClassVar[bool] = True  # for all that is known

    word: user.Layer
    shape: Shape
    arguments: tuple[tuple[str, Value], ...]

    @classmethod
    def of(cls, word: user.Layer, name: str, shape: Shape, stride: int) -> Own:
        """The layer for a word. Raises ArchdslError (A101) if it cannot take the shape."""
        problem = word.problem(shape)
        if problem is not None:
            raise fail("A101", f"`{word.layer}`: {problem}")
        output = word.output(shape)
        if not output or not all(type(size) is int and size > 0 for size in output):
            raise fail("A101", f"the shape that `{word.layer}` makes would be {output!r}")
        arguments = tuple(word.arguments(shape).items())
        for key, value in arguments:
            _check_argument(word.layer, key, value)
        return cls(name, word, shape, arguments)

    @property
    def normalises(self) -> bool:  # type: ignore[override]
        """Whether the user says so."""
        return self.word.normalises

    def numbers(self) -> dict[str, int | float]:
        return {key: value for key, value in self.arguments if type(value) is int}

    def with_numbers(self, numbers: Mapping[str, int | float]) -> Layer:
        arguments = tuple((key, numbers.get(key, value)) for key, value in self.arguments)
        return replace(self, arguments=arguments)

    def form(self) -> object:
        fixed = [
            (key, None if type(value) is int else repr(value)) for key, value in self.arguments
        ]
        return type(self.word), self.name, tuple(fixed)

    def dilated(self, step: int, keeps_size: bool) -> Own | None:
        return None if step > 1 or keeps_size else self

    def after(self, shape: Shape) -> Shape:
        return self.word.output(shape)

    def takes(self) -> int:
        return self.shape[0]

    def weights(self) -> dict[str, Shape]:
        return dict(self.word.weights(self.shape))

    def statistics(self) -> dict[str, Shape]:
        return dict(self.word.statistics(self.shape))

    def macs(self, after: Shape) -> int:
        return self.word.macs(self.shape)

    def kept(self, before: Shape, after: Shape) -> Kept:
        word = self.word
        extra = word.kept_bytes(before)
        return Kept(word.keeps_input, word.keeps_result, extra, always=bool(self.weights()))

    def window(self, before: Shape, axis: int = 0) -> tuple[int, int]:
        return self.word.window(before)

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        texts = [f"{key}={numbers.get(key, repr(value))}" for key, value in self.arguments]
        return f"nn.{self.word.module}", texts

    def text(self) -> str:
        arguments = ",".join(f"{key}={value}" for key, value in self.arguments)
        return f"{self.name}:{arguments}" if arguments else self.name

    def words(self) -> str:
        return self.word.layer.replace("_", " ")

    def summary(self) -> str:
        return self.words()


def _check_argument(word: str, key: object, value: object) -> None:
    """Raise A101 if an argument cannot be written into a file as a name and a number."""
    named = isinstance(key, str) and key.isidentifier() and key.isascii() and not iskeyword(key)
    if not named or key in TAKEN:
        raise fail("A101", f"`{word}` has an argument with the name {key!r}")
    if type(value) not in {int, float, bool} or not isfinite(value):  # type: ignore[arg-type]
        raise fail(
            "A101",
            f"`{word}` has an argument `{key}` with the value {value!r}",
            help="return whole numbers, finite floats and booleans from `arguments`",
        )
