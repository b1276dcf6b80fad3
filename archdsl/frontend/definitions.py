"""Check the units that a spec defines: their names, that none contains itself, that all is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from archdsl.errors import ArchdslError, Diagnostic, fail
from archdsl.frontend.parameters import NAME, RESERVED
from archdsl.frontend.reader import DEPTH, Document
from archdsl.language.define import Defined, Definition, Signature, defined_in
from archdsl.language.layers import Nested
from archdsl.language.values import Words

MOST = 64
"""Most definitions of a spec."""

NOT_TAKEN = RESERVED | {"entering", "kind"}


def signatures(document: Document, words: frozenset[str]) -> tuple[Signature, ...]:
    """Return the word and the numbers of each definition.

    Args:
        document: the spec.
        words: the words of the language, which no definition may have.

    Raises:
        ArchdslError: A010, A104, A114 or A120, with one diagnostic per mistake.
    """
    written = document.root.get("define")
    if not isinstance(written, dict):
        return ()  # the schema says what is wrong with it
    if len(written) > MOST:
        span = document.keys["define", list(written)[MOST]]
        message = f"there are more than {MOST} definitions"
        raise fail("A010", message, source=document.source, span=span)
    mistakes = [d for word in written for d in _mistakes(document, word, words)]
    if mistakes:
        raise ArchdslError(mistakes)
    return tuple(Signature(word, *_takes(definition)) for word, definition in written.items())


def _takes(definition: Any) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the names of the numbers that a definition takes, and those without a default."""
    takes = definition.get("takes") if isinstance(definition, dict) else None
    takes = takes if isinstance(takes, dict) else {}
    return tuple(takes), frozenset(name for name, default in takes.items() if default is None)


def _mistakes(document: Document, word: str, words: frozenset[str]) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each name in a definition that cannot be used."""

    def at(code: str, message: str, *path: str, help: str | None = None) -> Diagnostic:
        span = document.keys["define", word, *path]
        return Diagnostic(code, message, source=document.source, span=span, help=help)

    if not NAME.match(word.replace("-", "_")):
        yield at("A104", f"`{word[:80]}` is not a valid name: use a to z, 0 to 9, - and _")
    elif word in words or word in (document.root.get("params") or {}):
        owner = "a word of the language" if word in words else "a parameter"
        yield at("A120", f"`{word}` is {owner} already", help="choose another word")
    for name in _takes(document.root["define"][word])[0]:
        if not NAME.match(name):
            message = f"`{name[:80]}` is not a valid name: use a to z, 0 to 9 and _"
            yield at("A104", message, "takes", name)
        elif name in NOT_TAKEN:
            yield at("A114", f"`{name}` has a meaning of its own in a unit", "takes", name)
        elif name in _choices(document):
            message = f"`{name}` is a parameter that chooses a word"
            yield at("A114", message, "takes", name, help="choose another name")


def _choices(document: Document) -> set[str]:
    params = document.root.get("params")
    params = params if isinstance(params, dict) else {}
    return {name for name, value in params.items() if isinstance(value, str) and "|" in value}


def problems(definitions: Mapping[str, Definition], document: Document) -> Iterator[Diagnostic]:
    """Yield A115 for definitions that contain themselves, A009 for one that is nested too deeply.

    Args:
        definitions: the definitions of a spec, by word.
        document: where they are written.
    """

    def at(code: str, message: str, word: str) -> Diagnostic:
        return Diagnostic(code, message, source=document.source, span=document.keys["define", word])

    try:
        order = in_order(definitions)
    except CycleError as error:
        ring = error.args[1][::-1]
        alone = f"the unit `{ring[0]}` contains itself"
        several = f"these units contain each other: {' -> '.join(ring)}"
        yield at("A115", alone if len(ring) == 2 else several, ring[0])
        return
    levels: dict[str, int] = {}
    for word in order:
        levels[word] = _levels(definitions[word].layers, levels)
        if levels[word] > DEPTH:
            message = f"written out, `{word}` is nested deeper than {DEPTH} levels"
            yield at("A009", message, word)
            return


def in_order(definitions: Mapping[str, Definition]) -> list[str]:
    """Return the words of definitions, each after those that it uses. Raise CycleError."""
    uses = {
        word: sorted({unit.kind for unit in defined_in(definition.layers)})
        for word, definition in definitions.items()
    }
    return list(TopologicalSorter(uses).static_order())


def _levels(value: Any, levels: Mapping[str, int]) -> int:
    """Return how deep blocks are nested in some words, the definitions written out."""
    if isinstance(value, Defined):
        return levels[value.kind]
    if isinstance(value, tuple):
        return max((_levels(entry, levels) for entry in value), default=0)
    if not isinstance(value, Words):
        return 0
    inside = max(_levels(getattr(value, name), levels) for name in type(value).model_fields)
    return inside + 2 * isinstance(value, Nested)
