"""Find the models that the language allows at a path of a pydantic error."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import zip_longest
from typing import Any, get_args

from pydantic import BaseModel

from archdsl.frontend.reader import Path
from archdsl.frontend.unions import LIST, UNITS

Models = tuple[type[BaseModel], ...]


def keys(model: type[BaseModel]) -> list[str]:
    """Return the keys of a model as a file writes them, except for a word that is around them."""
    names = [field.alias or name for name, field in model.model_fields.items()]
    return [name for name in names if name != getattr(model, "around", "layer")]


@lru_cache(maxsize=1024)
def word(model: type[BaseModel]) -> str:
    """Return how the file names a model: "rule `full`", "kind `basic`", "layer `conv`"."""
    for key in ("layer", "rule", "kind"):  # a pool has a `kind` too, but its word is `pool`
        if key in model.model_fields:
            arguments = get_args(model.model_fields[key].annotation)
            if arguments and isinstance(arguments[0], str):
                return f"{key} `{arguments[0]}`"
    return model.__name__.lower()


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield every model that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _inside(argument)


def _step(models: Models, step: Any) -> Models:
    """Return the models that one step of a path leads to, from any of these models."""
    return models if isinstance(step, int) or step == UNITS else _named(models, step)


@lru_cache(maxsize=4096)  # thousands of mistakes have the same few places in the language
def _named(models: Models, step: str) -> Models:
    """Return the models that a key or a tag leads to, from any of these models."""
    tagged = tuple(model for model in models if word(model).endswith(f"`{step}`"))
    if tagged and len(models) > 1:  # a tag; alone, `offsets` is the key of the rule `offsets`
        return tagged
    for model in models:
        for name, field in model.model_fields.items():
            if step in {name, field.alias}:
                annotations = (field.annotation, *field.metadata)
                return tuple(inner for each in annotations for inner in _inside(each))
    untagged = tuple(model for model in models if "`" not in word(model))
    return tagged or (untagged[-1:] if step == LIST else untagged)  # a list comes last in a union


def models_at(model: type[BaseModel], loc: tuple[Any, ...]) -> Iterator[type[BaseModel]]:
    """Yield the models that are allowed at a pydantic path, which contains the tags of unions.

    Args:
        model: the model of the whole document.
        loc: the path of an error as pydantic gives it: keys, indices and tags.
    """
    models: Models = (model,)
    for step in loc:
        models = _step(models, step)
    yield from models


def path_in(model: type[BaseModel], loc: tuple[Any, ...], root: Any) -> Path:
    """Return the path of an error in the file: pydantic's path without the tags of unions.

    A word such as `sum` can be a tag and a key: in `{kind: sum, sum: 1}` it is both. The tag comes
    first, and it is not followed unless the file has it as the key around the numbers of a layer.

    Args:
        model: the model of the whole document.
        loc: the path of an error as pydantic gives it: keys, indices and tags.
        root: the values of the document.
    """
    here, path = root, tuple[str | int, ...]()
    models: Models = (model,)
    for step, following in zip_longest(loc, loc[1:]):
        if _holds(here, step) and not _only_tag(models, here, step, following):
            here, path = here[step], (*path, step)
        models = _step(models, step)
    return path


def _holds(value: Any, step: Any) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value


def _only_tag(models: Models, value: Any, step: Any, following: Any) -> bool:
    """Return whether a step is the word of a mapping, and not a key in it that is meant."""
    words = {word(model) for model in models} if len(models) > 1 else set()
    if f"layer `{step}`" in words:  # `aggregate` in `{parallel: [...], aggregate: sum}`
        return not isinstance(value[step], dict) and following in value
    return bool(words & {f"kind `{step}`", f"rule `{step}`"})


def siblings(model: type[BaseModel], loc: tuple[Any, ...]) -> list[type[BaseModel]]:
    """Return the other models of the union at this path, before its tag chose one.

    Args:
        model: the model of the whole document.
        loc: the path of an error as pydantic gives it: keys, indices and tags.
    """
    return list(models_at(model, loc[:-1])) if loc and isinstance(loc[-1], str) else []
