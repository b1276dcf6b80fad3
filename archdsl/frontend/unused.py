"""Parameters that change nothing: no number and no word of the network comes from them."""

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
    """A116 for each parameter that is declared, but read by nothing that is built.

    A parameter is read by arithmetic in the network, by its name where a word stands, and by
    another parameter that is read. What `expect` names is not read: it sets parameters only.
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
    """The names, and all that they read in turn."""
    used: set[str] = set()
    while names:
        used |= names
        names = {read for name in names for read in reads.get(name, ())} - used
    return used


def _arithmetic(words: Words) -> set[str]:
    """The names in the arithmetic of a whole spec."""
    keys = [key for key in type(words).model_fields if key not in UNBUILT]
    return {name for key in keys for name in _names(getattr(words, key))}


def _names(value: Any) -> Iterator[str]:
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
    """The choice parameters whose name stands somewhere for a word."""
    built = [value for key, value in document.root.items() if key not in UNBUILT]
    return {text for text in _texts(built) if text in choices}


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield str(value)
        case dict():
            yield from _texts(list(value.values()))
        case list():
            for part in value:
                yield from _texts(part)
