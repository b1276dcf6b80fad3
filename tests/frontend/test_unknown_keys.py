"""An unknown key is answered with the keys that are known there, for every word and place."""

from __future__ import annotations

import difflib
from typing import Any

import pytest

from archdsl.errors import ArchdslError, Diagnostic
from archdsl.frontend.figures import Expectation, Figure
from archdsl.frontend.load import parse
from archdsl.frontend.schema import (
    Network,
    StagesWords,
    StageWords,
    Transition,
)
from archdsl.frontend.unions import word_of
from archdsl.language.aggregations import AGGREGATIONS
from archdsl.language.layers import LAYERS
from archdsl.language.rules import RULES
from archdsl.language.units import UNITS
from strategies import dump

FOREIGN = "zzz"
STAGE: dict[str, Any] = {
    "layers": 2,
    "unit": {"kind": "basic", "order": "pre", "width": 8},
    "connect": "full",
    "aggregate": "concat",
}
FIGURE = {"value": 1, "source": "here"}
SPEC: dict[str, Any] = {
    "archdsl": 1,
    "name": "net",
    "input": [3, 8, 8],
    "stages": {"count": 1, **STAGE},
}


def fields(model: Any) -> set[str]:
    """The keys of a word, from its class; a layer's own word is written outside its mapping."""
    return {field.alias or name for name, field in model.model_fields.items()} - {"layer"}


def words(models: Any, key: str) -> dict[str, tuple[Any, set[str]]]:
    """Each word as a mapping that names it, and the keys that it takes."""
    return {word_of(m, key): ({key: word_of(m, key)}, fields(m)) for m in models}


UNIT = words(UNITS, "kind")
LAYER = {word_of(m, "layer"): fields(m) for m in LAYERS}


def stage(**keys: Any) -> dict[str, Any]:
    """Changes to the stages of the usual spec."""
    return {"stages": {"count": 1, **STAGE, **keys}}


def listed(*stages: Any, **keys: Any) -> dict[str, Any]:
    """Stages as a list."""
    return {"stages": [{**STAGE, **keys}, *stages]}


def per_layer(unit: Any) -> dict[str, Any]:
    """Stages whose layers are listed, one unit each."""
    keys = {key: value for key, value in STAGE.items() if key != "unit"}
    return {"stages": {"count": 1, **keys, "layers": [unit, unit]}}


PLACES: dict[str, Any] = {
    "the top": (lambda extra: extra, fields(Network)),
    "stages": (lambda extra: stage(**extra), fields(StagesWords)),
    "one of the stages": (lambda extra: listed(**extra), fields(StageWords)),
    "each": (lambda extra: {**listed(), "each": extra}, fields(StageWords)),
    "between": (
        lambda extra: {"between": {"kind": "transition", "width": 8, **extra}}, fields(Transition),
    ),
    "expect": (lambda extra: {"expect": extra}, fields(Expectation)),
    "one of several expect": (lambda extra: {"expect": [{}, extra]}, fields(Expectation)),
    "a figure": (lambda extra: {"expect": {"macs": {**FIGURE, **extra}}}, fields(Figure)),
}  # fmt: skip
for _word, (_named, _keys) in words(RULES, "rule").items():
    PLACES[f"rule {_word}"] = (lambda e, w=_named: stage(connect={**w, **e}), _keys)
    PLACES[f"rule {_word} in each"] = (
        lambda e, w=_named: {**listed(), "each": {"connect": {**w, **e}}}, _keys,
    )  # fmt: skip
for _word, (_named, _keys) in words(AGGREGATIONS, "kind").items():
    PLACES[f"aggregation {_word}"] = (lambda e, w=_named: stage(aggregate={**w, **e}), _keys)
for _word, (_named, _keys) in UNIT.items():
    PLACES[f"unit {_word}"] = (lambda e, w=_named: stage(unit={**w, **e}), _keys)
    PLACES[f"unit {_word} in a list of stages"] = (
        lambda e, w=_named: listed(unit={**w, **e}),
        _keys,
    )
    PLACES[f"unit {_word} as a listed layer"] = (lambda e, w=_named: per_layer({**w, **e}), _keys)
for _word, _keys in LAYER.items():
    PLACES[f"layer {_word} in stem"] = (lambda e, w=_word: {"stem": [{w: e}]}, _keys)
    PLACES[f"layer {_word} in between"] = (lambda e, w=_word: {"between": [{w: e}]}, _keys)
    PLACES[f"layer {_word} in a unit"] = (lambda e, w=_word: stage(unit=["norm", {w: e}]), _keys)
    PLACES[f"layer {_word} in a listed unit"] = (lambda e, w=_word: per_layer([{w: e}]), _keys)
EVERY_KEY = set().union(*(keys for _, keys in PLACES.values()))


def unknown(change: dict[str, Any]) -> dict[str, Diagnostic]:
    """The findings of a spec that a key is unknown, by the key as its place in the text says."""
    text = dump({**SPEC, **change})
    try:
        parse(text)
    except ArchdslError as error:
        lines = text.splitlines()
        return {
            lines[d.span.line - 1][d.span.column - 1 :][: d.span.width]: d
            for d in error.diagnostics
            if d.code == "A102" and d.span
        }
    return {}


@pytest.mark.parametrize("place", PLACES)
def test_known_keys_are_listed(place: str) -> None:
    written, keys = PLACES[place]
    finding = unknown(written({FOREIGN: 1}))[FOREIGN]
    assert finding.message == f"there is no key `{FOREIGN}` here"
    assert finding.note is None
    if keys:
        assert set(str(finding.help).removeprefix("known here: ").split(", ")) == keys
    else:
        assert finding.help == "no keys are known here; write the word alone"


@pytest.mark.parametrize("place", PLACES)
def test_listed_keys_are_exactly_those_that_are_taken(place: str) -> None:
    """All keys that are not taken are refused in a single spec; those that are, one by one.

    A key that is also the place's word, as `sum` is, is tried alone too.
    """
    written, keys = PLACES[place]
    alone = {word for word in place.split()[:2] if word in EVERY_KEY}
    together = EVERY_KEY - keys - alone
    if place.startswith(("layer residual", "layer gate")):
        together.remove("kind")  # a mapping with `kind` is a named unit, not these keys
    assert together <= unknown(written(dict.fromkeys(sorted(together)))).keys()
    taken = {key for key in sorted(keys | alone) if key not in unknown(written({key: None}))}
    assert taken == keys


@pytest.mark.parametrize("place", PLACES)
def test_nearest_key_is_suggested_and_the_others_are_named(place: str) -> None:
    written, keys = PLACES[place]
    for key in keys:
        typo = key + "q"
        (near,) = difflib.get_close_matches(typo, sorted(keys), 1)
        finding = unknown(written({typo: 1}))[typo]
        assert finding.help == f"did you mean `{near}`?"
        assert set(str(finding.note).removeprefix("known here: ").split(", ")) == keys
