"""Find parameters that change nothing in the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archdsl.errors import Diagnostic
from archdsl.frontend.parameters import names_in
from archdsl.frontend.reader import Document, Path
from archdsl.frontend.schema import Network
from archdsl.language.define import Definition, defined_in
from archdsl.language.values import Deferred, PerStage, Words

UNBUILT = ("name", "description", "params", "define", "expect")
"""Keys of a spec that say nothing about what is built."""


def unused(
    document: Document, words: Network, choices: Mapping[str, str], settings: Mapping[str, Document]
) -> tuple[Diagnostic, ...]:
    """Return A116 for each declared parameter that nothing in the network reads.

    A parameter is read by arithmetic in the network, by its name in place of a word, and by another
    parameter that is read. `expect` does not read parameters, it only sets them. Definitions that
    nothing uses are A116 too, and so are numbers that a definition takes and does not read.

    Args:
        document: the spec.
        words: its typed words.
        choices: the chosen word of each choice parameter.
        settings: the settings as they were written.
    """
    units = used_definitions(words)
    inside = {name for word in units for name in _outer_names(words.define[word])}
    used = arithmetic_names(words) | inside | chosen(document, choices)
    return (
        *unused_parameters(document, used, settings),
        *_unused_definitions(words, document, units),
    )


def unused_parameters(
    document: Document, used: set[str], settings: Mapping[str, Document], whole: str = "network"
) -> Iterator[Diagnostic]:
    """Yield A116 for each declared parameter that is not used, not even by one that is used.

    Args:
        document: the file, with its parameters under `params`.
        used: the names that are used outside of `params`.
        settings: the settings as they were written.
        whole: what the file describes, for messages.
    """
    declared = document.root.get("params") or {}
    reads = {name: names_in(raw) for name, raw in declared.items()}
    for name, setting in settings.items():
        reads[name] |= names_in(setting.root)
    used = _closure(used, reads)
    for name in declared:
        if name not in used:
            readers = [other for other in declared if name in reads[other]]
            yield _finding(document, name, readers, whole)


def _finding(document: Document, name: str, readers: list[str], whole: str) -> Diagnostic:
    only = f"nothing but {', '.join(f'`{reader}`' for reader in readers)} uses"
    what = f"{only if readers else 'nothing uses'} the parameter `{name}`"
    return _warning(document, what, name, ("params", name), whole)


def _warning(
    document: Document, what: str, name: str, path: Path, whole: str = "network"
) -> Diagnostic:
    return Diagnostic(
        "A116",
        what,
        source=document.source,
        span=document.keys[path],
        note=f"the {whole} is the same whatever `{name}` is",
        help="use it where it was meant, or remove it",
        level="warning",
    )


def used_definitions(words: Network) -> set[str]:
    """Return the words of the definitions that the network uses, directly or not."""
    direct = {
        unit.kind
        for key in type(words).model_fields
        if key not in UNBUILT
        for unit in defined_in(getattr(words, key))
    }
    uses = {
        word: frozenset(unit.kind for unit in defined_in(definition.layers))
        for word, definition in words.define.items()
    }
    return _closure(direct, uses)


def _unused_definitions(words: Network, document: Document, used: set[str]) -> Iterator[Diagnostic]:
    """Yield A116 for each definition that is not used, and each number that one does not use."""
    for word, definition in words.define.items():
        if word not in used:
            yield _warning(document, f"nothing uses the unit `{word}`", word, ("define", word))
        reads = {name: frozenset(_names(default)) for name, default in definition.takes.items()}
        inside = _closure(set(_names(definition.layers)), reads)
        for name in definition.takes:
            if name not in inside:
                what = f"nothing in `{word}` uses the number `{name}` that it takes"
                yield _warning(document, what, name, ("define", word, "takes", name))


def _outer_names(definition: Definition) -> set[str]:
    """Return the names in a definition that are not numbers which it takes.

    A default may name a parameter of the spec, also by the name of a number that follows it.
    """
    names = set(_names(definition.layers)) - definition.takes.keys()
    before: set[str] = set()
    for name, default in definition.takes.items():
        names |= set(_names(default)) - before
        before.add(name)
    return names


def _closure(names: set[str], reads: Mapping[str, frozenset[str]]) -> set[str]:
    """Return the names and all names that they read, directly or not."""
    used: set[str] = set()
    while names:
        used |= names
        names = {read for name in names for read in reads.get(name, ())} - used
    return used


def arithmetic_names(words: Words) -> set[str]:
    """Return the names in the arithmetic of a whole file, definitions left out."""
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


def chosen(document: Document, choices: Mapping[str, str]) -> set[str]:
    """Return the choice parameters whose name is used as a word.

    Args:
        document: the file.
        choices: the chosen word of each choice parameter.
    """
    unread = set(UNBUILT) - {"define"}
    built = [value for key, value in document.root.items() if key not in unread]
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
