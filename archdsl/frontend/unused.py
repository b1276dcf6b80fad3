"""Find parameters that change nothing in the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archdsl.errors import Diagnostic
from archdsl.frontend.parameters import names_in
from archdsl.frontend.reader import Document
from archdsl.language.values import Deferred, PerStage, Words

UNBUILT = ("name", "description", "params", "expect")
"""Keys of a spec that say nothing about what is built."""


def unused(
    document: Document, words: Words, choices: Mapping[str, str], settings: Mapping[str, Document]
) -> tuple[Diagnostic, ...]:
    """Return A116 for each declared parameter that nothing in the network reads.

    A parameter is read by arithmetic in the network, by its name in place of a word, and by another
    parameter that is read. `expect` does not read parameters, it only sets them.

    Args:
        document: the spec.
        words: its typed words.
        choices: the chosen word of each choice parameter.
        settings: the settings as they were written.
    """
    declared = document.root.get("params") or {}
    reads = {name: names_in(raw) for name, raw in declared.items()}
    for name, setting in settings.items():
        reads[name] |= names_in(setting.root)
    used = _closure(_arithmetic(words) | _chosen(document, choices), reads)
    return tuple(
        _finding(document, name, [other for other in declared if name in reads[other]])
        for name in declared
        if name not in used
    )


def _finding(document: Document, name: str, readers: list[str]) -> Diagnostic:
    only = f"nothing but {', '.join(f'`{reader}`' for reader in readers)} uses"
    return Diagnostic(
        "A116",
        f"{only if readers else 'nothing uses'} the parameter `{name}`",
        source=document.source,
        span=document.keys["params", name],
        note=f"the network is the same whatever `{name}` is",
        help="use it where it was meant, or remove it",
        level="warning",
    )


def _closure(names: set[str], reads: Mapping[str, frozenset[str]]) -> set[str]:
    """Return the names and all names that they read, directly or not."""
    used: set[str] = set()
    while names:
        used |= names
        names = {read for name in names for read in reads.get(name, ())} - used
    return used


def _arithmetic(words: Words) -> set[str]:
    """Return the names in the arithmetic of a whole spec."""
    keys = [key for key in type(words).model_fields if key not in UNBUILT]
    return {name for key in keys for name in _names(getattr(words, key))}


def _names(value: Any) -> Iterator[str]:
    """Yield the names in the arithmetic of a value."""
    match value:
        case Deferred(expression=expression):
            yield from expression.names
        case PerStage(entries=parts) | tuple(parts):
            for part in parts:
                yield from _names(part)
        case Words():
            for key in type(value).model_fields:
                yield from _names(getattr(value, key))


def _chosen(document: Document, choices: Mapping[str, str]) -> set[str]:
    """Return the choice parameters whose name is used as a word."""
    built = [value for key, value in document.root.items() if key not in UNBUILT]
    return {text for text in _texts(built) if text in choices}


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a value."""
    match value:
        case str():
            yield str(value)
        case dict():
            yield from _texts(list(value.values()))
        case list():
            for part in value:
                yield from _texts(part)
