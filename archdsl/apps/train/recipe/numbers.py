"""Evaluate the arithmetic of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archdsl.apps.train.recipe.words import RecipeWords
from archdsl.errors import ArchdslError, Diagnostic, fail
from archdsl.frontend.parameters import NAME, names_in, read_value
from archdsl.frontend.reader import Document
from archdsl.frontend.resolve import value
from archdsl.frontend.settings import plain
from archdsl.language.arithmetic import Scope
from archdsl.language.expression import parse


@dataclass(frozen=True)
class NetworkSettings:
    """Parameters of the spec that a recipe sets, and the recipe's parameters that they use."""

    values: Mapping[str, Any]
    names: frozenset[str]


def resolved(words: RecipeWords, scope: Scope, document: Document) -> RecipeWords:
    """Return a recipe with numbers in place of arithmetic.

    Args:
        words: the recipe as it was written.
        scope: the values of its parameters.
        document: for the positions of diagnostics.

    Raises:
        ArchdslError: A101 or A110 to A113, with one diagnostic per key.
    """
    changed: dict[str, Any] = {}
    mistakes: list[Diagnostic] = []
    for name in type(words).model_fields:
        try:
            changed[name] = value(getattr(words, name), scope)
        except ArchdslError as error:
            mistakes += error.within(document.source, document.span((name,))).diagnostics
    if not mistakes and changed["batch"] % changed["accumulate"]:
        message = f"a batch of {changed['batch']} has no {changed['accumulate']} equal parts"
        indivisible = fail("A101", message, help="choose a divisor of `batch`")
        mistakes += indivisible.within(document.source, document.span(("accumulate",))).diagnostics
    if mistakes:
        raise ArchdslError(mistakes)
    changed["params"] = {name: plain(number) for name, number in scope.values.items()}
    return words.model_copy(update=changed)


def network_settings(written: Mapping[str, Any], scope: Scope) -> NetworkSettings:
    """Return settings for a spec, with arithmetic over the recipe's parameters evaluated.

    Other text is a word, or arithmetic over the parameters of the spec.

    Args:
        written: the mapping `network` of a recipe.
        scope: the values of the recipe's parameters.

    Raises:
        ArchdslError: A104 for a name that no parameter has, or A113 for arithmetic without a value.
    """
    for name in written:
        if not NAME.match(name):
            raise fail("A104", f"`{name[:80]}` is not a valid name: use a to z, 0 to 9 and _")
    names = frozenset[str]().union(*map(names_in, written.values())) & scope.values.keys()
    return NetworkSettings({name: _setting(raw, scope) for name, raw in written.items()}, names)


def _setting(raw: Any, scope: Scope) -> Any:
    if isinstance(raw, list):
        return [_setting(entry, scope) for entry in raw]
    if isinstance(raw, str) and _own(raw, scope):
        return plain(read_value(raw, scope.values))
    return str(raw) if isinstance(raw, str) else raw


def _own(text: str, scope: Scope) -> bool:
    """Return whether text is arithmetic that the recipe can evaluate."""
    try:
        return parse(text).names <= scope.values.keys()
    except ArchdslError:
        return False
