"""The units that a spec defines, for the lists that use them: their layers, and their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archdsl.errors import Place
from archdsl.frontend.load import Spec
from archdsl.frontend.resolve import value, waits_for
from archdsl.language.arithmetic import Scope, Value
from archdsl.language.define import Definition, defined_in
from archdsl.language.values import Words

AROUND = ("stage", "layer")
"""Names that mean in a definition what they mean where it is used."""


@dataclass(frozen=True)
class Definitions:
    """The definitions of a spec.

    Attributes:
        units: the definitions by word.
        values: the parameters of the spec.
        spec: the spec; None if it has no definitions.
    """

    units: Mapping[str, Definition] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    spec: Spec | None = None

    @classmethod
    def of(cls, spec: Spec) -> Definitions:
        """Return the definitions of a spec."""
        return cls(spec.words.define, spec.parameters.values, spec)

    def at(self, word: str, *path: str | int) -> Place:
        """Return the position of a value in a definition."""
        assert self.spec is not None, "a spec without definitions uses none"
        return self.spec.at("define", word, *path)

    def waits_for(self, unit: Words, name: str) -> bool:
        """Return whether arithmetic in a unit uses a name, or in a definition that it uses.

        Args:
            unit: a unit, a list of layers or a block.
            name: a name in arithmetic, such as `incoming` or `layer`.
        """
        seen: set[str] = set()
        waiting = list(defined_in(unit))
        while waiting:
            word = waiting.pop().kind
            if word not in seen:
                seen.add(word)
                waiting += defined_in(self.units[word].layers)
        parts = (unit, *(self.units[word] for word in sorted(seen)))
        return any(waits_for(part, name) for part in parts)

    def scope(
        self, word: str, around: Scope, names: Mapping[str, int], numbers: Mapping[str, Any]
    ) -> Scope:
        """Return the names that arithmetic in a definition may use.

        They are the parameters of the spec, the numbers that the definition takes, and some that
        depend on where it is used. Numbers of a unit around it are not among them.

        Args:
            word: the word of the definition.
            around: the scope in which it is used.
            names: `incoming`, `entering` and `stride`, of what it reads.
            numbers: the numbers that are given.

        Raises:
            ArchdslError: A111 to A113 if a default cannot be evaluated.
        """
        kept = {name: around.values[name] for name in AROUND if name in around.values}
        values: dict[str, Any] = {**self.values, **kept, **names}
        for name, default in self.units[word].takes.items():
            if name not in numbers:
                scope = Scope(values, around.stage, around.stages)
                numbers = {**numbers, name: value(default, scope, **self.at(word, "takes", name))}
            values[name] = numbers[name]
        return Scope(values, around.stage, around.stages)
