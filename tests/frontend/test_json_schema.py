"""The schema for editors: it is one, it takes what archdsl takes, and refuses common mistakes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
import yaml
from hypothesis import given
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from archdsl import Aggregation, Layer, Rule, Unit
from archdsl.errors import ArchdslError, Source
from archdsl.frontend.json_schema import json_schema
from archdsl.frontend.load import parse
from archdsl.frontend.reader import read
from archdsl.language.layers import Relu
from archdsl.language.values import Count, Width
from strategies import Case, specs

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
BAD = sorted((ROOT / "tests" / "bad_specs").glob("*.yaml"))
SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def takes(root: Any) -> bool:
    return bool(VALIDATOR.is_valid(root))


def test_it_is_a_schema_of_its_dialect() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_it_is_the_same_each_time_and_nobodys_to_change() -> None:
    first = json.dumps(json_schema())
    json_schema()["properties"].clear()
    assert json.dumps(json_schema()) == first


def test_every_key_of_a_spec_is_described_or_plain() -> None:
    assert set(SCHEMA["required"]) == {"archdsl", "name", "input", "stages"}
    assert SCHEMA["additionalProperties"] is False
    for name, definition in SCHEMA["$defs"].items():
        assert definition.get("description"), name
        if definition["type"] == "object" and name != "Defined":  # its numbers have any names
            assert definition["additionalProperties"] is False, name


def undescribed(schema: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each key without a description that an editor can show."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from undescribed(item, f"{path}/{index}")
    if isinstance(schema, dict):
        keys = schema.get("properties")
        for key, value in keys.items() if isinstance(keys, dict) else ():
            if not value.get("description"):
                yield f"{path}/{key}"
        for name, value in schema.items():
            yield from undescribed(value, f"{path}/{name}")


def test_every_key_has_a_description() -> None:
    assert list(undescribed(SCHEMA)) == []
    assert list(undescribed({"properties": {"a": {"type": "string"}}})) == ["/a"]


def test_keys_of_custom_words_have_the_description_of_their_class() -> None:
    found = set(undescribed(OWN.schema))
    assert not [path for path in found if not path.endswith(("/count", "/width", "/groups"))]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_shipped_spec_is_valid(path: Path) -> None:
    VALIDATOR.validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@given(specs())
def test_what_archdsl_takes_is_valid(case: Case) -> None:
    VALIDATOR.validate(read(Source("spec", case.text)).root)


MINE: dict[str, Any] = {
    "archdsl": 1,
    "name": "small",
    "input": [3, 8, 8],
    "stages": {
        "count": 1,
        "layers": 4,
        "unit": {"kind": "basic", "order": "pre", "width": 8},
        "connect": "full",
        "aggregate": "concat",
    },
}


def with_stage(**changes: Any) -> dict[str, Any]:
    return {**MINE, "stages": {**MINE["stages"], **changes}}


FORMS = [
    MINE,
    {**MINE, "description": "words", "params": {"a": 1, "b": "2 * a", "c": [1, 2.5], "d": "x | y"}},
    {**MINE, "stem": ["norm", {"conv": {"width": 8}}, {"dropout": 0.5}, {"dropout": {"p": "d"}}]},
    {**MINE, "head": [{"pool": {"to": 1}}, "flatten", {"linear": {"width": "classes"}}]},
    {**MINE, "between": {"kind": "transition", "width": "incoming // 2"}},
    {**MINE, "between": ["norm", {"pool": {"kernel": 2}}]},
    {**MINE, "expect": {"parameters": {"value": "1.2M", "tolerance": "1%", "source": "me"}}},
    {**MINE, "expect": [{"when": {"a": [1, 2]}, "links": {"value": 9, "source": "me"}}]},
    {
        **MINE,
        "each": {"connect": "plain"},
        "stages": [{"layers": 2}, {"layers": 3, "unit": ["norm"]}],
    },
    with_stage(layers=[["norm"], {"kind": "basic", "order": "post", "width": 4}]),
    with_stage(layers=["a", 2]),
    with_stage(unit={"kind": "block", "order": "pre", "width": 8}),
    with_stage(connect="rule", aggregate="join", exit="leave", entry="enter"),
    with_stage(connect={"rule": "exponential", "base": "c"}),
    with_stage(connect={"rule": "explicit", "reads": [[0], [1, 0]]}),
    with_stage(connect={"rule": "offsets", "offsets": [1, 2, "k"]}),
    with_stage(aggregate={"kind": "running", "activation": "gelu"}),
    with_stage(stride=[1, 2]),
]


@pytest.mark.parametrize("root", FORMS, ids=range(len(FORMS)))
def test_every_form_is_valid(root: dict[str, Any]) -> None:
    VALIDATOR.validate(root)


BROKEN: list[Any] = [
    None, [], "small", {}, {**MINE, "archdsl": 3}, {**MINE, "archdsl": "1"},
    {**MINE, "name": "Small"}, {**MINE, "name": 12}, {**MINE, "name": "a" * 41},
    {**MINE, "layers": 3}, {key: MINE[key] for key in ("archdsl", "name", "input")},
    {**MINE, "input": [3]}, {**MINE, "input": [3, 0, 8]}, {**MINE, "input": 3},
    {**MINE, "stages": []}, {**MINE, "stages": 3}, {**MINE, "stages": [3]},
    with_stage(layrs=3), with_stage(layers=0), with_stage(layers=2.5), with_stage(layers=True),
    with_stage(unit="Basic"), with_stage(unit=[]), with_stage(unit=["conv"]),
    with_stage(unit=["nrom"]), with_stage(unit={"order": "pre", "width": 8}),
    with_stage(unit={"kind": "basic", "order": "pre", "widht": 8}),
    with_stage(unit=[{"conv": {"width": 8}, "norm": {}}]), with_stage(unit=[{"norm": 3}]),
    with_stage(connect={"rule": "full", "base": 2}), with_stage(connect=2),
    with_stage(connect={"base": 2}), with_stage(connect={"rule": "exponential", "base": 1}),
    with_stage(connect={"rule": "explicit", "reads": [[]]}),
    with_stage(aggregate={"kind": "sum", "activation": "relu"}), with_stage(aggregate=["sum"]),
    with_stage(stride=32), with_stage(exit=1),
    {**MINE, "stem": "norm"}, {**MINE, "head": {"norm": {}}}, {**MINE, "head": []},
    {**MINE, "between": {"kind": "transition"}}, {**MINE, "between": {"kind": "transit"}},
    {**MINE, "params": [1]}, {**MINE, "params": {"A": 1}}, {**MINE, "params": {"a": True}},
    {**MINE, "params": {"a": []}}, {**MINE, "description": 3}, {**MINE, "description": "x" * 4_001},
    {**MINE, "expect": {"parameters": 3}}, {**MINE, "expect": {"parameters": {"value": 3}}},
    {**MINE, "head": [{"dropout": 1}]}, {**MINE, "head": [{"pool": {"kernel": 99}}]},
]  # fmt: skip


@pytest.mark.parametrize("root", BROKEN, ids=range(len(BROKEN)))
def test_what_is_broken_is_not_valid(root: Any) -> None:
    assert not takes(root)


UNSEEN = {
    "A101", "A110", "A111", "A112", "A113", "A114", "A115",  # text may be arithmetic
    "A117",  # the number of one key decides about the words of others
    "A105",  # a word may be the name of a parameter
    "A120",  # and so may that of a definition
    "A010", "A301",  # how much there is
}  # fmt: skip
"""What an editor is not told."""

ITS_OWN = {
    "word-version-real",  # to JSON 1.0 is 1
    "name-trailing-newline",  # to the regular expressions of Python `$` is before a last line end
    "define-number-lacks", "define-number-unknown", "define-deep",  # known from the definition
}  # fmt: skip
"""Files that an editor finds nothing wrong with."""


def mistakes(text: str) -> set[str]:
    try:
        parse(text)
    except ArchdslError as error:
        return {finding.code for finding in error.diagnostics}
    return set()


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_what_is_valid_is_wrong_only_in_what_a_schema_cannot_say(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    try:
        root = read(Source("spec", text)).root
    except ArchdslError:
        root = None  # that is no YAML to an editor either
    if takes(root) and path.stem not in ITS_OWN:
        assert mistakes(text) <= UNSEEN


def test_most_mistakes_of_a_spec_alone_are_not_valid() -> None:
    """Those that `parse` reports; a schema says nothing about the shapes of a network."""
    roots = []
    for path in BAD:
        text = path.read_text(encoding="utf-8")
        with contextlib.suppress(ArchdslError):
            root = read(Source("spec", text)).root
            roots += [root] if mistakes(text) else []
    assert len(roots) > 150
    assert sum(map(takes, roots)) < len(roots) // 3


def nearest(layer: int, count: int) -> list[int]:
    return [layer - 1 - k for k in range(min(count, layer))]


class Exit(Rule):
    """A rule whose class is called like one of archdsl."""

    rule: Literal["nearest"] = "nearest"
    count: Count = 2
    sources: ClassVar[Callable[..., list[int]]] = staticmethod(nearest)


class Basic(Unit):
    """A unit whose class is called like one of archdsl, with a number that it needs."""

    kind: Literal["activated"]
    width: Width

    def layers(self, stride: int) -> list[Relu]:
        """Nothing but an activation."""
        return [Relu()]


class Größte(Aggregation):
    """The largest output."""

    kind: Literal["largest"]


class GroupNorm(Layer):
    """A layer."""

    layer: Literal["group_norm"] = "group_norm"
    groups: Count = 4
    module = "GroupNorm"


OWN = Draft202012Validator(json_schema((Exit, Basic, Größte, GroupNorm)))

CUSTOM = [
    with_stage(connect="nearest"),
    with_stage(connect={"rule": "nearest", "count": 3}),
    with_stage(unit={"kind": "activated", "width": 8}),
    with_stage(unit=[{"kind": "activated", "width": 8}, "norm"]),
    with_stage(aggregate="largest", exit={"connect": "nearest", "aggregate": "largest"}),
    {**MINE, "stem": ["group_norm", {"group_norm": {"groups": 2}}]},
]


@pytest.mark.parametrize("root", CUSTOM, ids=range(len(CUSTOM)))
def test_custom_words_are_valid_with_their_classes(root: dict[str, Any]) -> None:
    OWN.validate(root)


@pytest.mark.parametrize("root", FORMS, ids=range(len(FORMS)))
def test_every_form_is_valid_beside_custom_words(root: dict[str, Any]) -> None:
    OWN.validate(root)


def test_numbers_of_custom_words_are_checked() -> None:
    assert not takes(with_stage(connect={"rule": "nearest", "count": 3}))
    for broken in (
        with_stage(connect={"rule": "nearest", "cuont": 3}),
        with_stage(connect={"count": 3}),
        with_stage(unit={"kind": "activated"}),
        {**MINE, "stem": [{"group_norm": {"groups": 0}}]},
    ):
        assert not OWN.is_valid(broken)


def test_a_custom_class_keeps_its_name_as_the_title() -> None:
    titles = {entry["title"] for entry in OWN.schema["$defs"].values() if "title" in entry}
    assert titles > {"GroupNorm", "Größte"}


def test_a_custom_word_cannot_be_defined_again() -> None:
    OWN.validate({**MINE, "archdsl": 2, "define": {"mine": {"layers": ["relu"]}}})
    assert not OWN.is_valid({**MINE, "archdsl": 2, "define": {"nearest": {"layers": ["relu"]}}})


def test_a_field_that_no_schema_describes() -> None:
    class Odd(Rule):
        rule: Literal["odd"]
        choose: Callable[[int], int] = abs

    with pytest.raises(ArchdslError) as caught:
        json_schema((Odd,))
    assert caught.value.diagnostics[0].code == "A431"
