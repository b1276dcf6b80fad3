"""Words with arithmetic to words with numbers, at one place of the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from archdsl.errors import Place, fail
from archdsl.language.arithmetic import Scope
from archdsl.language.values import Deferred, PerStage, Words

Model = TypeVar("Model", bound=Words)


def resolve(words: Model, scope: Scope, **place: Any) -> Model:
    """The same words with every number known. Raises ArchdslError, located where it can be."""
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
    """The words of a list with every number known; `places[i]` is where word i stands."""
    pairs = zip(words, places, strict=True)
    return tuple(resolve(word, scope, **place) for word, place in pairs)


def value(raw: Any, scope: Scope, **place: Any) -> Any:
    """One value: arithmetic evaluated, a list replaced by the stage's entry."""
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
    """The stage's entry of a written list. Raises ArchdslError (A112)."""
    if scope.stage is None:
        raise fail(
            "A112",
            "a list, one entry per stage, has no meaning outside a stage",
            help="write one number",
            **place,
        )
    if len(entries) != scope.stages:
        raise fail(
            "A112",
            f"this list has {len(entries)} entries, but there are {scope.stages} stages",
            help="write one number, or one entry per stage",
            **place,
        )
    return entries[scope.stage]


def waits_for(raw: Any, name: str) -> bool:
    """Whether some arithmetic in these words names something, such as `incoming`."""
    return any(name in item.expression.names for item in deferred(raw))


def deferred(raw: Any) -> Iterator[Deferred]:
    """All arithmetic in these words."""
    match raw:
        case Deferred():
            yield raw
        case PerStage(entries=entries):
            yield from deferred(entries)
        case Words():
            for name in type(raw).model_fields:
                yield from deferred(getattr(raw, name))
        case tuple():
            for entry in raw:
                yield from deferred(entry)
