"""Evaluate the arithmetic in words, for one position of the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from archdsl.counted import counted
from archdsl.errors import Place, fail
from archdsl.language.arithmetic import Scope
from archdsl.language.values import Deferred, PerStage, Words

Model = TypeVar("Model", bound=Words)


def resolve(words: Model, scope: Scope, **place: Any) -> Model:
    """Return the words with all arithmetic evaluated.

    Args:
        words: a stage, unit, rule, aggregation or layer as it was written.
        scope: the values of the names that arithmetic may use.
        place: source and span for diagnostics about values without a position.

    Raises:
        ArchdslError: A111 or A112 if a value cannot be evaluated here.
    """
    changed = {}
    for name in type(words).model_fields.keys() - words.resolved_later:
        before = getattr(words, name)
        after = value(before, scope, **place)
        if after is not before:
            changed[name] = after
    return words.model_copy(update=changed) if changed else words


def resolve_each(
    words: Sequence[Model], scope: Scope, places: Sequence[Place]
) -> tuple[Model, ...]:
    """Return the words of a list with all arithmetic evaluated.

    Args:
        words: the words to resolve, all in the same scope.
        scope: the values of the names that arithmetic may use.
        places: `places[i]` is the position of `words[i]`.
    """
    pairs = zip(words, places, strict=True)
    return tuple(resolve(word, scope, **place) for word, place in pairs)


def value(raw: Any, scope: Scope, **place: Any) -> Any:
    """Return one value: arithmetic is evaluated, and a list is replaced by the stage's entry.

    Args:
        raw: a value of typed words: arithmetic, a list per stage, words, a tuple, or a number.
        scope: the values of the names, and the stage if there is one.
        place: source and span for diagnostics about values without a position.
    """
    match raw:
        case Deferred():
            return raw.evaluate(scope)
        case PerStage(entries=entries):
            return value(entry_of(entries, scope, **place), scope, **place)
        case Words():
            return resolve(raw, scope, **place)
        case tuple():
            after = tuple(value(item, scope, **place) for item in raw)
            return raw if all(a is b for a, b in zip(after, raw, strict=True)) else after
    return raw


def entry_of(entries: tuple[Any, ...], scope: Scope, **place: Any) -> Any:
    """Return the entry for the scope's stage of a list with one entry per stage.

    Args:
        entries: the written list.
        scope: its `stage` is the index to return.
        place: source and span for diagnostics.

    Raises:
        ArchdslError: A112 outside a stage, or if the list does not have one entry per stage.
    """
    if scope.stage is None:
        raise fail(
            "A112",
            f"a list, one entry per {scope.per}, has no meaning outside a {scope.per}",
            help="write one number",
            **place,
        )
    if len(entries) != scope.stages:
        raise fail(
            "A112",
            f"this list has {counted(len(entries), 'entry', 'entries')} for "
            f"{counted(scope.stages, scope.per)}",
            help=f"write one number, or one entry per {scope.per}",
            **place,
        )
    return entries[scope.stage]


def waits_for(raw: Any, name: str) -> bool:
    """Return whether some arithmetic in these words uses a name, such as `incoming`.

    Args:
        raw: a value of the spec, with other values inside it.
        name: the name.
    """
    return any(name in item.expression.names for item in deferred(raw))


def deferred(raw: Any) -> Iterator[Deferred]:
    """Yield all arithmetic in these words."""
    match raw:
        case Deferred():
            yield raw
        case PerStage(entries=entries):
            yield from deferred(entries)
        case Words():
            for name in type(raw).model_fields:
                yield from deferred(getattr(raw, name))
        case dict():
            yield from deferred(tuple(raw.values()))
        case tuple():
            for entry in raw:
                yield from deferred(entry)
