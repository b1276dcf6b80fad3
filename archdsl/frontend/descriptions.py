"""Descriptions of keys in the JSON Schema, which editors show."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def first_line(definition: Schema) -> Schema:
    """Return the first line of a word's docstring as the description of the key that holds it."""
    return {"description": definition.get("description", "").partition("\n")[0]}


def hoist(schema: Any) -> None:
    """Give each key the description of a form that it may have: editors show that of the key."""
    if isinstance(schema, list):
        for item in schema:
            hoist(item)
    if not isinstance(schema, dict):
        return
    for value in schema.values():
        hoist(value)
    properties: Any = schema.get("properties")
    for key in properties if isinstance(properties, dict) else ():
        forms = properties[key].get("anyOf", ())
        descriptions = [form["description"] for form in forms if "description" in form]
        if descriptions and "description" not in properties[key]:
            properties[key] = {"description": descriptions[0], **properties[key]}
