"""Derive models whose fields have other types, and the descriptions of the base class."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from archdsl.language.values import Words

Model = TypeVar("Model", bound=Words)


def derived(base: type[Model], name: str = "", /, **fields: tuple[Any, Any]) -> type[Model]:
    """Return a model with other fields; what the base class says about them still holds.

    Args:
        base: the class to derive from. The new model has its docstring.
        name: name of the model; that of the base class if it is empty.
        fields: type and default of each field, `...` if it is required, as for `create_model`.
    """
    described: dict[str, Any] = {
        key: (_described(annotation, base.model_fields.get(key)), default)
        for key, (annotation, default) in fields.items()
    }
    return create_model(name or base.__name__, __base__=base, __doc__=base.__doc__, **described)


def _described(annotation: Any, inherited: FieldInfo | None) -> Any:
    """Return a type with the description of the field that it replaces."""
    if inherited is None or inherited.description is None:
        return annotation
    return Annotated[annotation, Field(description=inherited.description)]
