"""What to type instead of a value of the wrong kind, or where a key is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from archdsl.frontend.dump import flow
from archdsl.frontend.unions import word_of
from archdsl.language.values import Words

NUMBERS = re.compile(r"[(\[{]?\s*[0-9]+(?:\s*[x,*;/ ]\s*[0-9]+)+\s*[)\]}]?\Z")
"""Numbers that are written without YAML's brackets: `3x32x32`, `(3, 32, 32)`."""

LONGEST = 120
"""Maximum number of characters of a value that is repeated in a hint."""

VERSIONS: dict[tuple[str | int, ...], str] = {
    ("archdsl",): "this archdsl reads `archdsl: 1` and `archdsl: 2`",
    ("recipe",): "this archdsl reads `recipe: 1`",
}
"""Keys that state a version, and the versions that are read."""


def missing(models: Iterable[type[BaseModel]], key: str) -> str | None:
    """Return what a missing key takes: its words, or its description.

    >>> from archdsl.language.units import Basic
    >>> missing([Basic], "order")
    'write `order: pre` or `order: post`'

    Args:
        models: the models that have the key.
        key: the key.
    """
    for model in models:
        for name, field in model.model_fields.items():
            if (field.alias or name) == key:
                return _takes(key, field)
    return None


def _takes(key: str, field: FieldInfo) -> str | None:
    """Return what a key takes."""
    if get_origin(field.annotation) is Literal:
        words = [f"`{key}: {word}`" for word in get_args(field.annotation)]
        return f"write {', '.join(words[:-1])} or {words[-1]}" if words[1:] else f"write {words[0]}"
    return f"`{key}`: {field.description}" if field.description else None


def as_list(value: Any) -> str | None:
    """Return what to write for numbers in one text where a list is expected; None if it is not.

    >>> as_list("3x32x32"), as_list("three")
    ('write `[3, 32, 32]`', None)
    """
    if not isinstance(value, str) or len(value) > LONGEST or not NUMBERS.match(value):
        return None
    return f"write `[{', '.join(re.findall('[0-9]+', value))}]`"


def with_word(models: Iterable[type[BaseModel]], key: str, value: Any) -> str | None:
    """Return the word that takes a list as its one required argument, as it is written.

    >>> from archdsl.language.rules import RULES
    >>> with_word(RULES, "rule", [1, 2, 4])
    'write `{rule: offsets, offsets: [1, 2, 4]}`'

    Args:
        models: the classes of the words.
        key: the key that holds the word.
        value: the list.
    """
    if not isinstance(value, list):
        return None
    for model in models:
        if key not in model.model_fields or not issubclass(model, Words):
            continue
        fields = [(n, f) for n, f in model.model_fields.items() if n != key and f.is_required()]
        if len(fields) != 1 or get_origin(fields[0][1].annotation) is not tuple:
            continue
        values = {key: word_of(model, key), fields[0][1].alias or fields[0][0]: value}
        if _valid(model, values):
            written = flow(values)
            return f"write `{written}`" if len(written) <= LONGEST else None
    return None


def _valid(model: type[Words], values: dict[str, Any]) -> bool:
    try:
        model.model_validate(values)
    except ValidationError:
        return False
    return True


def spaced(key: str) -> str | None:
    """Return what to write for a key that holds a colon without a space after it.

    >>> spaced("kind:basic")
    'write `kind: basic`, with a space after the colon'
    """
    name, colon, value = key.partition(":")
    written = f"{name}: {value}"
    if not colon or not name.isidentifier() or len(written) > LONGEST:
        return None
    return f"write `{written}`, with a space after the colon"


def too_short(least: int) -> str:
    """Return that a list has fewer entries than it needs."""
    return f"this list needs at least {'one entry' if least == 1 else f'{least} entries'}"


def listed(keys: list[str]) -> str:
    """Return the keys that may be written somewhere, as a hint."""
    if not keys:
        return "no keys are known here; write the word alone"
    return f"known here: {', '.join(keys)}"


def kind(value: Any) -> str:
    """Return what a value is, as the end of a sentence: `a list`, a short text as it is written."""
    match value:
        case bool():
            return "`true`" if value else "`false`"
        case str():
            return f"`{value[:60]}`" if value else "empty text"
        case dict():
            return "a mapping"
        case list():
            return "a list"
    return "nothing" if value is None else f"{value}"[:60]
