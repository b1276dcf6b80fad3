"""Generate a JSON Schema of the language from the pydantic models, for editors.

What a spec may write in more than one way (a word for a mapping, a list for layers, the name of a
parameter for a word) is hidden from pydantic in validators, so this module adds it to the schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import new_class
from typing import Any

from pydantic import ConfigDict
from pydantic.errors import PydanticInvalidForJsonSchema

from archdsl.errors import fail
from archdsl.frontend.descriptions import first_line, hoist
from archdsl.frontend.extending import Extension
from archdsl.frontend.schema import NAME, PARAMETER, language
from archdsl.frontend.unions import word_of
from archdsl.language.exit import exit_words
from archdsl.language.layers import LayerWords, Nested
from archdsl.language.values import Words

Schema = dict[str, Any]
Models = Sequence[type[Words]]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMED = {"type": "string", "pattern": PARAMETER, "description": "a parameter that chooses a word"}


def json_schema(extensions: Sequence[Extension] = ()) -> Schema:
    """Return the JSON Schema of a spec file that may use the words of these custom classes.

    Raises:
        ArchdslError: A120 or A121 if a word cannot be added, A431 if a class has a field of a type
            that JSON Schema cannot describe.
    """
    vocabulary = language(tuple(_renamed(model, n) for n, model in enumerate(extensions, 1)))
    try:
        schema = vocabulary.network.model_json_schema(by_alias=True)
    except PydanticInvalidForJsonSchema as error:
        raise fail("A431", f"a field has a type without a JSON Schema: {error.message}") from None
    definitions = schema["$defs"]
    for kind in vocabulary.layers:
        definitions[kind.__name__]["properties"].pop("layer")
    definitions["LayerList"] = {
        "type": "array",
        "items": _layer(definitions, vocabulary.layers, vocabulary.units),
        "minItems": 1,
        "description": definitions["LayerList"].get("description", ""),
    }
    for key, models in (
        ("rule", vocabulary.rules),
        ("kind", vocabulary.aggregations),
        ("kind", vocabulary.units),
    ):
        for model in models:
            _choosable(definitions[model.__name__], key, models)
    definitions["Defined"] = _defined(vocabulary.units)
    _allow_defined(schema, definitions["Defined"]["properties"]["kind"])
    words = {"pattern": NAME, "not": {"enum": sorted(vocabulary.words)}}
    schema["properties"]["define"]["propertyNames"] = words
    definitions["Definition"]["properties"]["takes"]["propertyNames"] = {"pattern": PARAMETER}
    for form in ("WordExit", "NewerExit", "ExitList"):
        del definitions[form]
    definitions["Exit"]["minProperties"] = 1
    for holder in ("Exit", "Stage", "Stages", "Block", "Parallel"):
        properties = definitions[holder]["properties"]
        if "connect" in properties:
            _worded(properties["connect"], "rule", vocabulary.rules, definitions)
        _worded(properties["aggregate"], "kind", vocabulary.aggregations, definitions)
    _exit_of_block(definitions["Block"]["properties"])
    for stage in ("Stage", "Stages"):
        properties = definitions[stage]["properties"]
        properties["entry"] = {"anyOf": [properties["entry"], NAMED]}
        properties["exit"] = _exit(properties["exit"]["description"])
    for definition in definitions.values():
        _words(definition)
    schema["properties"]["expect"] = one_or_more(schema["properties"]["expect"])
    schema["properties"]["params"] = parameter_values(schema["properties"]["params"]["description"])
    transition = definitions["Transition"]
    transition["properties"]["kind"] |= first_line(transition)
    hoist(schema)
    return {"$schema": DIALECT, "$id": "archdsl.schema.json", **schema, "title": "archdsl spec"}


def _renamed(model: Extension, number: int) -> Any:
    """Return a copy of a custom class with another name, such as `Own1`.

    Definitions are keyed by the names of classes, and a custom class may be called `Exit`, too.
    """
    config = ConfigDict(title=model.__name__)
    body = {"__doc__": model.__doc__, "__module__": model.__module__, "model_config": config}
    return new_class(f"Own{number}", (model,), exec_body=lambda names: names.update(body))


def _defined(units: Models) -> Schema:
    """A unit that the spec defines: any other word, with numbers."""
    words = [word_of(unit, "kind") for unit in units]
    what = "the word of a unit under `define`"
    kind = {"type": "string", "pattern": NAME, "not": {"enum": words}, "description": what}
    number: Schema = {"type": ["number", "string"]}
    numbers = {"anyOf": [number, {"type": "array", "items": number, "minItems": 1}]}
    return {
        "type": "object",
        "description": "a unit that `define` names, with the numbers that it takes",
        "properties": {"kind": kind},
        "required": ["kind"],
        "propertyNames": {"pattern": PARAMETER},
        "additionalProperties": numbers,
    }


def _allow_defined(schema: Any, word: Schema) -> None:
    """Allow a unit that the spec defines wherever a named unit is allowed, its word too."""
    if isinstance(schema, list):
        for item in schema:
            _allow_defined(item, word)
    if not isinstance(schema, dict):
        return
    for value in list(schema.values()):
        _allow_defined(value, word)
    for union in (schema.get("anyOf"), schema.get("oneOf")):
        if union and {"$ref": "#/$defs/Basic"} in union:
            union.append({"$ref": "#/$defs/Defined"})
            if {"$ref": "#/$defs/LayerList"} in union:  # in a list, a word is a layer
                union.append(word)


def _exit_of_block(properties: Schema) -> None:
    properties["exit"] = {**properties["exit"], "anyOf": _one_exit(), "default": "rule"}
    properties["exit"].pop("oneOf", None)


def _one_exit() -> list[Schema]:
    """A word or a mapping."""
    return [{"enum": [word for word, _ in exit_words()]}, {"$ref": "#/$defs/Exit"}, NAMED]


def _exit(description: str) -> Schema:
    """A word or a mapping, or a list of them, one per stage."""
    one = _one_exit()
    several = {"type": "array", "items": {"anyOf": one}, "minItems": 1}
    return {"anyOf": [*one, several], "default": "rule", "description": description}


def _layer(definitions: Schema, layers: Sequence[type[LayerWords]], units: Models) -> Schema:
    bare = [word_of(kind, "layer") for kind in layers if kind.bare]
    forms: list[Schema] = [{"enum": bare}]
    forms += [{"$ref": f"#/$defs/{unit.__name__}"} for unit in units]
    for kind in layers:
        definition = definitions[kind.__name__]
        numbers: Schema = {"$ref": f"#/$defs/{kind.__name__}"}
        if kind.shorthand:
            inner = definition["properties"][kind.shorthand]
            numbers = {"anyOf": [numbers, inner]}
        word = word_of(kind, "layer")
        if kind.shorthand and issubclass(kind, Nested):
            forms.append(_beside(definition, word, kind.shorthand))
        forms.append(
            {
                "type": "object",
                "properties": {word: {**numbers, **first_line(definition)}},
                "required": [word],
                "additionalProperties": False,
            }
        )
    return {"anyOf": forms}


def _beside(definition: Schema, word: str, shorthand: str) -> Schema:
    """The form in which other keys are written beside a word and its list."""
    others = {key: value for key, value in definition["properties"].items() if key != shorthand}
    required = [key for key in definition.get("required", ()) if key in others]
    return {
        "type": "object",
        "properties": {word: definition["properties"][shorthand], **others},
        "required": [word, *required],
        "additionalProperties": False,
    }


def _named(words: Sequence[str]) -> Schema:
    """Return the schema of a parameter's name that replaces one of these words.

    A word of the list always means itself, so a parameter of that name is not allowed.
    """
    return {**NAMED, "not": {"enum": list(words)}}


def _choosable(definition: Schema, key: str, models: Models) -> None:
    """Allow a parameter's name as the word of a rule, unit or aggregation; one is required."""
    word = definition["properties"][key]
    words = [word_of(model, key) for model in models]
    definition["properties"][key] = {"anyOf": [word, _named(words)], **first_line(definition)}
    required = definition.setdefault("required", [])
    if key not in required:  # a custom class may set the word as a default, too
        required.insert(0, key)


def _words(definition: Schema) -> None:
    """Allow a parameter's name for any closed set of words."""
    for name, schema in definition.get("properties", {}).items():
        if "enum" in schema:
            definition["properties"][name] = {"anyOf": [schema, NAMED]}
        _anyof(schema)


def _anyof(schema: Any) -> None:
    """Replace `oneOf` with a discriminator by `anyOf`: a parameter's name may match two units."""
    if isinstance(schema, list):
        for item in schema:
            _anyof(item)
    if not isinstance(schema, dict):
        return
    schema.pop("discriminator", None)
    if "oneOf" in schema:
        schema["anyOf"] = schema.pop("oneOf")
    for value in list(schema.values()):
        _anyof(value)


def _worded(schema: Schema, key: str, models: Models, definitions: Schema) -> None:
    """Allow a bare word for a rule or aggregation that needs no arguments."""
    words = {word_of(model, key): definitions[model.__name__]["required"] for model in models}
    alone = [word for word, required in words.items() if required == [key]]
    schema.pop("discriminator", None)
    models_of = schema.pop("oneOf", None) or schema.get("anyOf", [])
    schema["anyOf"] = [*models_of, {"enum": alone}, _named([*words])]


def one_or_more(schema: Schema) -> Schema:
    """Return the schema of a list, or of one item without the list."""
    item = schema["items"]
    return {**{k: v for k, v in schema.items() if k != "items" and k != "type"},
            "anyOf": [{"type": "array", "items": item}, item]}  # fmt: skip


def parameter_values(description: str) -> Schema:
    """Return the schema of `params`."""
    one = {"type": ["integer", "number", "string"]}
    value = {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}
    return {
        "type": "object",
        "description": description,
        "propertyNames": {"pattern": PARAMETER},
        "additionalProperties": value,
    }
