"""Words of other frameworks are answered with words of the language, in the place they are in."""

from __future__ import annotations

import pytest

from archdsl.errors import ArchdslError
from archdsl.frontend.forms import keys
from archdsl.frontend.load import parse
from archdsl.frontend.nearest import suggestion
from archdsl.frontend.schema import language
from archdsl.frontend.synonyms import AGGREGATIONS, KEYS, LAYERS, RULES, UNITS, plain
from archdsl.frontend.unions import word_of

WORDS = language()
LISTED = {
    "layers": (LAYERS, WORDS.layers, "layer"),
    "units": (UNITS, WORDS.units, "kind"),
    "rules": (RULES, WORDS.rules, "rule"),
    "aggregations": (AGGREGATIONS, WORDS.aggregations, "kind"),
}


@pytest.mark.parametrize("kind", LISTED)
def test_suggested_words_are_words_of_the_language(kind: str) -> None:
    table, models, key = LISTED[kind]
    allowed = {word_of(model, key) for model in models}
    for own, text, others in table:
        assert own in allowed
        assert own in text
        for other in others.split():
            assert other == plain(other)
            assert suggestion(other, allowed) is not None


@pytest.mark.parametrize("kind", LISTED)
def test_each_foreign_word_has_one_meaning_in_its_place(kind: str) -> None:
    table, models, key = LISTED[kind]
    others = [other for _, _, listed in table for other in listed.split()]
    assert len(others) == len(set(others))
    assert not set(others) & {word_of(model, key) for model in models} - {"max", "residual"}


def test_suggested_keys_are_keys_of_the_language() -> None:
    models = (*WORDS.layers, *WORDS.units, *WORDS.rules, *WORDS.aggregations, WORDS.network)
    known_keys = {key for model in models for key in keys(model)}
    stage = {"count", "layers", "unit", "connect", "aggregate", "exit", "entry"}
    assert {own for own, _, _ in KEYS} <= known_keys | stage


@pytest.mark.parametrize(
    ("layer", "typed"),
    [
        ("{norm: layer}", "[{conv: 8}, {norm: layer}]"),
        ("{norm: rms}", "[{conv: 8}, {norm: rms}]"),
        ("pool", "[{conv: 8}, {pool: {kind: max, kernel: 2}}]"),
        ("gap", "[{conv: 8}, {pool: {to: 1}}]"),
        ("depthwise", "[{conv: {width: incoming, groups: incoming}}, {conv: 8}]"),
    ],
)
def test_what_is_suggested_can_be_typed(layer: str, typed: str) -> None:
    text = f"archdsl: 2\nname: a\ninput: [3, 8, 8]\nstem: {typed}\nstages: {{count: 1, layers: 1, "
    text += "unit: {kind: basic, order: pre, width: 8}, connect: full, aggregate: concat}\n"
    try:
        parse(text)
    except ArchdslError as error:
        raise AssertionError(layer) from error
