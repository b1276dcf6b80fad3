"""Build the unions of the language: values that may be written in more than one form.

A word may stand for a mapping (`concat`), a list for a list of layers, one item for a list of one.
Every union here is tagged, so that a mistake is reported for the one form that was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Union, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag, create_model
from pydantic_core import PydanticCustomError

from archdsl.language.cycle import Cycle
from archdsl.language.exit import Exit, ExitList, WordExit, exit_words
from archdsl.language.layers import LayerWords
from archdsl.language.values import Count, Words

LIST, ALIKE, COUNT, UNITS, WORD = "a list", "alike", "a number", "units", "a word"
OWN = "a mapping"
CYCLE = "a cycle"
FORMS = frozenset({LIST, OWN, CYCLE})
"""Tags of forms beside which a union has words; a diagnostic lists the words alone."""


def word_of(model: type[Words], key: str) -> str:
    """Return the word that a model's `Literal` field fixes.

    Args:
        model: the class of a word.
        key: the field that holds the word: `rule`, `kind` or `layer`.

    Raises:
        TypeError: if the field does not fix one word.

    >>> from archdsl.language.rules import Full
    >>> word_of(Full, "rule")
    'full'
    """
    field = model.model_fields.get(key)
    words = get_args(field.annotation) if field else ()
    if len(words) != 1 or not isinstance(words[0], str):
        raise TypeError(f'{model.__name__} needs its word: `{key}: Literal["..."]`')
    return words[0]


def tagged(models: Sequence[tuple[str, Any]], choose: Callable[[Any], Any], first: Any) -> Any:
    """Return a union that `choose` tells apart, after `first` has turned every form into a mapping.

    Args:
        models: (tag, model) of each member.
        choose: return the tag of a value.
        first: runs before `choose`, on the raw value.
    """
    parts = tuple(Annotated[model, Tag(tag)] for tag, model in models)
    return Annotated[Union[parts], Discriminator(choose), BeforeValidator(first)]  # noqa: UP007


def _key(name: str) -> Callable[[Any], Any]:
    """Return a function that reads the word under a key, from a mapping or from a model."""

    def choose(value: Any) -> Any:
        word = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
        return str(word) if isinstance(word, str) else None

    return choose


def expanded(model: type[Words]) -> Callable[[Any], Any]:
    """Return a validator that turns a bare word into a mapping: `concat` into `{kind: concat}`."""

    def expand(value: Any) -> Any:
        return {model.shorthand: value} if isinstance(value, str) and model.shorthand else value

    return expand


def worded(models: Sequence[type[Words]], key: str) -> Any:
    """Return a union of models told apart by the word under `key`, which may be written alone.

    Args:
        models: the classes of the words.
        key: the field that holds the word: `rule`, `kind` or `layer`.
    """
    options = [(word_of(model, key), model) for model in models]
    return tagged(options, _key(key), expanded(models[0]))


def _list_form(value: Any) -> Any:
    """Return a list of layers as the mapping that pydantic reads."""
    return {"layers": value} if isinstance(value, list) else value


def _kind_or_list(value: Any) -> Any:
    if isinstance(value, dict) and "layers" in value and "kind" not in value:
        return LIST
    return _key("kind")(value) or (LIST if hasattr(value, "layers") else None)


def unit(models: Sequence[type[Words]], layer_list: type[Words]) -> Any:
    """Return the union of the named units and a list of layers.

    Args:
        models: the classes of named units.
        layer_list: the class of a list of layers.
    """
    options = [(word_of(model, "kind"), model) for model in models]
    return tagged([*options, (LIST, layer_list)], _kind_or_list, _unit_form)


def units(models: Sequence[type[Words]], layer_list: type[Words], cycle: type[Words]) -> Any:
    """Return the union of what `unit` may hold: a unit, or units that the layers use in turn.

    Args:
        models: the classes of named units.
        layer_list: the class of a list of layers.
        cycle: the class of units in turn.
    """
    options = [(word_of(model, "kind"), model) for model in models]
    return tagged([*options, (CYCLE, cycle), (LIST, layer_list)], _unit_or_cycle, _unit_form)


def _unit_or_cycle(value: Any) -> Any:
    if isinstance(value, Cycle) or (isinstance(value, dict) and "cycle" in value):
        return CYCLE
    return _kind_or_list(value)


def _unit_form(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else _list_form(value)


def layers(unit: Any) -> Any:
    """Return the union of a number of layers and a list with one unit per layer."""
    units = Annotated[tuple[unit, ...], Field(min_length=1, max_length=5_000, strict=False)]
    return tagged([(COUNT, Count), (UNITS, units)], _count_or_units, lambda value: value)


def _count_or_units(value: Any) -> str:
    nested = isinstance(value, list) and any(isinstance(entry, dict | list) for entry in value)
    return UNITS if nested or isinstance(value, tuple) else COUNT


def stages(alike: Any, one: Any) -> Any:
    """Return the union of stages that share their words and a list of stages.

    Args:
        alike: the type of a mapping for all stages.
        one: the type of a stage in a list.
    """
    several = Annotated[tuple[one, ...], Field(min_length=1, max_length=64, strict=False)]
    return tagged([(ALIKE, alike), (LIST, several)], _alike_or_list, lambda value: value)


def exit(own: type[Exit]) -> Any:
    """An exit as a word or a mapping."""
    return tagged(_exit_forms(own), _word_or_mapping, lambda value: value)


def _exit_forms(own: type[Exit]) -> list[tuple[str, Any]]:
    words = [(w, Annotated[model, BeforeValidator(_exit_word)]) for w, model in exit_words()]
    return [*words, (OWN, own)]


def exits(own: type[Exit]) -> Any:
    """An exit as a word or a mapping, or a list of them, one per stage."""
    one = exit(own)
    field = Field(min_length=1, max_length=64, strict=False)
    entries: dict[str, Any] = {"entries": (tuple[one, ...], field)}  # type: ignore[valid-type]
    several = create_model("ExitList", __base__=ExitList, **entries)
    several_form = Annotated[several, BeforeValidator(lambda value: {"entries": value})]
    forms = [*_exit_forms(own), (LIST, several_form)]
    return tagged(forms, _exit_form, lambda value: value)


def _exit_word(value: Any) -> Any:
    return {"kind": str(value)} if isinstance(value, str) else value


def _word_or_mapping(value: Any) -> Any:
    if isinstance(value, str | WordExit):
        return str(value) if isinstance(value, str) else value.kind
    return OWN if isinstance(value, dict | Exit) else None


def _exit_form(value: Any) -> Any:
    return LIST if isinstance(value, list | ExitList) else _word_or_mapping(value)


def _alike_or_list(value: Any) -> str:
    return LIST if isinstance(value, list | tuple) else ALIKE


def listed(*models: type[Words]) -> Any:
    """Return a union of models told apart by `kind`; the last one is written as a list."""
    *kinds, layer_list = models
    options = [(word_of(model, "kind"), model) for model in kinds]
    return tagged([*options, (LIST, layer_list)], _kind_or_list, _unit_form)


def word_or_list(words: Any, layer_list: type[Words]) -> Any:
    """Return the union of some words and a list of layers.

    Args:
        words: the type of the words.
        layer_list: the class of a list of layers.
    """
    return tagged([(WORD, words), (LIST, layer_list)], _word_or_list, _list_form)


def _word_or_list(value: Any) -> str:
    return LIST if isinstance(value, dict | Words) else WORD


def one_or_more(model: type[Words]) -> Any:
    """Return the type of a list that may be one item without the list."""
    return Annotated[
        tuple[model, ...],  # type: ignore[valid-type]
        Field(max_length=64, strict=False),
        BeforeValidator(lambda value: [value] if isinstance(value, dict) else value),
    ]


def _nests(kind: type[LayerWords]) -> bool:
    """Whether the numbers of a word may be one named unit: `{residual: {kind: basic, ...}}`."""
    return kind.model_fields.keys() == {"layer", "layers"}


def layer(kinds: Sequence[type[LayerWords]], units: Sequence[type[Words]] = ()) -> Any:
    """Return the type of a layer: its word, its word with its numbers, or a mapping with `kind`.

    Args:
        kinds: the classes of layers.
        units: the classes of named units that may be among the layers.
    """
    form = partial(_layer_form, {word_of(kind, "layer"): kind for kind in kinds})
    options: list[tuple[str, Any]] = [(word_of(kind, "layer"), kind) for kind in kinds]
    options += [(word_of(unit, "kind"), unit) for unit in units]
    return tagged(options, _layer_or_kind, form)


def _layer_or_kind(value: Any) -> Any:
    return _key("layer")(value) or _key("kind")(value)


def _layer_form(kinds: Mapping[str, type[LayerWords]], value: Any) -> Any:
    """Return `norm` or `{conv: {...}}` as `{layer: word, ...}`."""
    if isinstance(value, str):
        kind = kinds.get(value)
        if kind and not kind.bare:
            raise PydanticCustomError("bare_layer", "{word}", {"word": str(value)})
        return {"layer": str(value)}
    if isinstance(value, dict) and len(value) > 1:  # `{parallel: [...], aggregate: sum}`
        words = [word for word in value if word in kinds]
        if len(words) == 1:
            word = words[0]
            if kinds[word].shorthand and not isinstance(value[word], dict):
                more = {key: other for key, other in value.items() if key != word}
                return {"layer": word, str(kinds[word].shorthand): value[word], **more}
    if isinstance(value, dict) and len(value) == 1:
        ((word, numbers),) = value.items()
        kind = kinds.get(word)
        unit = isinstance(numbers, dict) and "kind" in numbers
        if kind and kind.shorthand and (not isinstance(numbers, dict) or (unit and _nests(kind))):
            numbers = {kind.shorthand: numbers}
        if isinstance(numbers, dict) and "layer" not in numbers:
            return {"layer": word, **numbers}
    if isinstance(value, Words) or (isinstance(value, dict) and "kind" in value):
        return value
    raise PydanticCustomError("layer_form", "not a layer", {"words": list(kinds)})
