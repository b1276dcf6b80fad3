"""Generate a JSON Schema of recipes, for editors.

The forms in which a word may be written are hidden from pydantic, so this module adds them.
"""

from __future__ import annotations

from typing import Any

from archdsl.apps.train.recipe.forms import ONE, SEVERAL, Models
from archdsl.apps.train.recipe.words import RecipeWords
from archdsl.frontend.descriptions import first_line
from archdsl.frontend.json_schema import DIALECT, NAMED, one_or_more, parameter_values
from archdsl.frontend.unions import word_of

Schema = dict[str, Any]


def recipe_schema() -> Schema:
    """Return the JSON Schema of a recipe."""
    schema = RecipeWords.model_json_schema()
    definitions, properties = schema["$defs"], schema["properties"]
    for models in (*ONE.values(), *SEVERAL.values()):
        for model in models:
            definition = definitions[model.__name__]
            del definition["properties"]["kind"]
            definition["required"] = [
                key for key in definition.get("required", ()) if key != "kind"
            ]
    for name, value in properties.items():
        if "enum" in value:
            properties[name] = {**_described(value), "anyOf": [{"enum": value["enum"]}, NAMED]}
    for key, models in ONE.items():
        properties[key] = {**_described(properties[key]), "anyOf": _forms(definitions, models)}
    for key, models in SEVERAL.items():
        forms = _forms(definitions, models)
        several = {"type": "array", "items": {"anyOf": forms}}
        properties[key] = {**_described(properties[key]), "anyOf": [several, *forms]}
    properties["params"] = parameter_values(properties["params"]["description"])
    properties["expect"] = one_or_more(properties["expect"])
    return {"$schema": DIALECT, "$id": "archdsl.recipe.schema.json", **schema,
            "title": "archdsl recipe"}  # fmt: skip


def _described(schema: Schema) -> Schema:
    """Return the description and the default of a key."""
    return {name: schema[name] for name in ("description", "default") if name in schema}


def _forms(definitions: Schema, models: Models) -> list[Schema]:
    """Return the forms of a word: alone, with its numbers, or the name of a parameter."""
    bare, forms = [], []
    for model in models:
        word, definition = word_of(model, "kind"), definitions[model.__name__]
        if not definition["required"]:
            bare.append(word)
        numbers: Schema = {"$ref": f"#/$defs/{model.__name__}"}
        if model.shorthand:
            numbers = {"anyOf": [numbers, definition["properties"][model.shorthand]]}
        forms.append(
            {
                "type": "object",
                "properties": {word: {**numbers, **first_line(definition)}},
                "required": [word],
                "additionalProperties": False,
            }
        )
    return [{"enum": bare}, *forms, NAMED]
