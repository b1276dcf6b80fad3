"""Blocks as layers of the chain around them: a module that a class builds, or that it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from archdsl.codegen.columns import Module, Number
from archdsl.ir.layers.block import Block
from archdsl.ir.layers.layer import Numbers, Shape, Weighted

LEVEL = "level"
"""The name of the argument that is a module."""


@dataclass(frozen=True, slots=True)
class Submodule(Weighted):
    """A block as a layer of the chain around it, once its class is known."""

    block: Block
    class_name: str
    arguments: tuple[tuple[str, Number], ...]

    def numbers(self) -> dict[str, Number]:
        """The arguments of the module."""
        return dict(self.arguments)

    def with_numbers(self, numbers: Mapping[str, Number]) -> Submodule:
        """The module with some arguments replaced."""
        arguments = tuple((name, numbers.get(name, value)) for name, value in self.arguments)
        return replace(self, arguments=arguments)

    def form(self) -> object:
        """What modules of one class have in common."""
        return self.name, self.class_name

    def after(self, shape: Shape) -> Shape:
        """Shape of the result."""
        return self.block.after(shape)

    def makes(self) -> int:
        """Features of the result."""
        return self.block.makes()

    def takes(self) -> int:
        """Features of the input."""
        return self.block.takes()

    def names(self) -> frozenset[str]:
        """No names of torch: the class is in the file."""
        return frozenset()

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        """The class and its arguments."""
        return self.class_name, [numbers[name] for name, _ in self.arguments]

    def text(self) -> str:
        """The block in the text of a graph."""
        return self.block.text()

    def describe(self, numbers: Numbers) -> str:
        """The word of the block."""
        return self.block.word


@dataclass(frozen=True, slots=True)
class Built(Module):
    """A module as the value of an argument: `str` of it is the call that builds it.

    Its class and arguments are those of the block, which are known once all classes are.
    """

    block: Block
    modules: Mapping[Block, Submodule] = field(compare=False, repr=False)

    def __str__(self) -> str:
        """Return the call: `Level(48, Level(96, Bottom(96)))`."""
        module = self.modules[self.block]
        return f"{module.class_name}({', '.join(str(value) for _, value in module.arguments)})"


@dataclass(frozen=True, slots=True)
class Given(Weighted):
    """A module that a class is given, as a layer of its chain."""

    built: Built

    def numbers(self) -> dict[str, Any]:
        """The argument, a module."""
        return {LEVEL: self.built}

    def with_numbers(self, numbers: Mapping[str, Number]) -> Given:
        """The layer itself: it has no numbers."""
        return self

    def form(self) -> object:
        """What such layers of one class have in common: the name alone."""
        return self.name, LEVEL

    def after(self, shape: Shape) -> Shape:
        """Shape of the result."""
        return self.built.block.after(shape)

    def makes(self) -> int:
        """Features of the result."""
        return self.built.block.makes()

    def takes(self) -> int:
        """Features of the input."""
        return self.built.block.takes()

    def names(self) -> frozenset[str]:
        """No names of torch."""
        return frozenset()

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        """No class, and the module itself."""
        return "", [numbers[LEVEL]]

    def text(self) -> str:
        """The block in the text of a graph."""
        return self.built.block.text()

    def describe(self, numbers: Numbers) -> str:
        """How docstrings name it."""
        return "the next level"
