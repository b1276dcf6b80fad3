"""`params:` and settings: numbers, lists, arithmetic over each other, and choices of words."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from archdsl.errors import ArchdslError, Diagnostic, Source, Span
from archdsl.frontend.load import parse
from archdsl.frontend.parameters import MOST, Parameters, evaluate, substitute
from archdsl.frontend.reader import read
from archdsl.frontend.settings import setting
from archdsl.language.values import Text


def parameters(text: str, **settings: Any) -> Parameters:
    document = read(Source("test", f"params:\n  {text}"))
    return evaluate(document, {name: setting(name, value) for name, value in settings.items()})


def mistakes(text: str, **settings: Any) -> list[Diagnostic]:
    with pytest.raises(ArchdslError) as caught:
        parameters(text, **settings)
    return list(caught.value.diagnostics)


def codes(text: str, **settings: Any) -> list[str]:
    return [finding.code for finding in mistakes(text, **settings)]


VALUES: list[tuple[str, Any]] = [
    ("12", 12), ("-3", -3), ("0.5", Fraction(1, 2)), ("0.1", Fraction(1, 10)),
    ("1e-3", Fraction(1, 1000)), ("2.0", Fraction(2)), ("[1, 2, 3]", (1, 2, 3)),
    ("[0.5, 2 * 3]", (Fraction(1, 2), 6)),
    ("2 * 3", 6), ("1 / 3", Fraction(1, 3)), ('"12 + 1"', 13), ("(3)", 3),
    ("[7]", (7,)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_what_a_parameter_is(text: str, value: Any) -> None:
    found = parameters(f"a: {text}").values["a"]
    assert found == value
    assert type(found) is type(value)


def test_they_need_each_other_in_any_order() -> None:
    found = parameters("{d: 2 * c, c: b + first(a), a: [1, 2], b: last(a)}").values
    assert dict(found) == {"d": 6, "c": 3, "a": (1, 2), "b": 2}
    assert list(found) == ["d", "c", "a", "b"]


def test_a_setting_takes_the_place_of_a_default() -> None:
    found = parameters("{depth: 100, growth: 12, stem: 2 * growth}", growth="24")
    assert dict(found.values) == {"depth": 100, "growth": 24, "stem": 48}
    assert dict(found.defaults) == {"depth": 100, "growth": 12, "stem": 24}
    assert found.changed() == {"growth": 24, "stem": 48}


def test_a_setting_may_need_parameters() -> None:
    assert parameters("{depth: 100, growth: 12}", growth="depth // 10").values["growth"] == 10
    assert parameters("{a: 1, b: a + 1}", a="7", b="2 * a").values["b"] == 14


def test_a_setting_may_turn_a_need_around() -> None:
    assert parameters("{a: b, b: 1}", a="1", b="a + 1").values["b"] == 2
    assert codes("{a: b, b: 1}", b="a") == ["A115"]


def test_a_default_is_checked_even_if_it_is_set() -> None:
    assert codes("{a: 1 / 0}", a="1") == ["A113"]


def test_settings_of_python_values() -> None:
    for value in ([1, 2], (1, 2), "[1, 2]"):
        assert parameters("a: 1", a=value).values["a"] == (1, 2)
    assert parameters("a: 1", a=0.25).values["a"] == Fraction(1, 4)


WRONG = {
    "a: true": "A114",
    "a:": "A114",
    "a: {b: 1}": "A114",
    "a: []": "A114",
    "a: [[1]]": "A114",
    "a: [true]": "A114",
    "a: [1, {b: 1}]": "A114",
    "a: .nan": "A101",
    "a: -.inf": "A101",
    "a: 1e400": "A101",
    "a: 1e9": "A101",
    "a: 010": "A101",
    'a: "12"': "A101",
    "a: 1_000": "A101",
    "a: 1:30": "A101",
    "a: \u0663": "A101",
    "a: [010]": "A101",
    "a: 1 +": "A110",
    'a: ""': "A110",
    "a: b": "A111",
    "a: sqrt(2)": "A110",
    "a: [1, 2] + 1": "A000",
    "a: 1 / 0": "A113",
    "a: bc | D": "A110",
    "A: 1": "A104",
    "a-b: 1": "A104",
    "_a: 1": "A104",
    "1a: 1": "A104",
    "a" * 41 + ": 1": "A104",
    '"a\\n": 1': "A104",
    "\u00e9: 1": "A104",
    "incoming: 1": "A114",
    "layer: 1": "A114",
    "stage: 1": "A114",
    "stride: 1": "A114",
    "max: 1": "A114",
}


@pytest.mark.parametrize("text", WRONG, ids=ascii)
def test_what_no_parameter_is(text: str) -> None:
    assert codes(text) == [WRONG[text]]


def test_every_mistake_is_found_where_it_stands() -> None:
    found = mistakes("a: 1 +\n  b: c\n  d: [1, 1 / 0]\n  e: 2\n  f: true")
    assert [(finding.code, finding.span) for finding in found] == [
        ("A110", Span(2, 6, 3)),
        ("A111", Span(3, 6)),
        ("A113", Span(4, 10, 5)),
        ("A114", Span(6, 6, 4)),
    ]


def test_the_nearest_name_is_known_wherever_it_stands() -> None:
    (finding,) = mistakes("{stem: 2 * grwth, growth: 12}")
    assert finding.help == "did you mean `growth`?"
    (finding,) = mistakes("{width: 2 * wdth, k: 1}")
    assert finding.help == "known here: k"


@pytest.mark.parametrize(
    ("text", "ring"),
    [
        ("{a: a}", "a -> a"),
        ("{a: b, b: a}", "a -> b -> a"),
        ("{z: 1, a: z + b, b: 2 * c, c: 'min(a, z)'}", "a -> b -> c -> a"),
        ("{a: [1, a + 1]}", "a -> a"),
    ],
)
def test_rings(text: str, ring: str) -> None:
    (finding,) = mistakes(text)
    assert (finding.code, finding.message) == ("A115", f"these parameters need each other: {ring}")
    assert finding.span is not None


def test_a_ring_through_a_setting_stands_in_the_setting() -> None:
    (finding,) = mistakes("{a: 1, b: a}", a="b")
    assert finding.code == "A115"
    assert finding.source is not None
    assert finding.source.name in {"--set a", "test"}


def test_as_many_as_anybody_wants() -> None:
    text = "{" + ", ".join(f"p{n}: p{n + 1}" for n in range(MOST - 1)) + f", p{MOST - 1}: 7}}"
    assert set(parameters(text).values.values()) == {7}
    assert codes(text[:-1] + ", more: 1}") == ["A010"]


def test_choices() -> None:
    text = "{block: bottleneck | double, n: 2}"
    assert parameters(text).choices == {"block": "bottleneck"}
    assert parameters(text, block="double").choices == {"block": "double"}
    assert parameters(text, block="double").changed() == {"block": "double"}
    assert parameters("block: a|b-c |  d").choices == {"block": "a"}
    assert codes(text, block="basic") == ["A105"]
    assert codes(text, block="1") == ["A105"]
    assert codes("{block: a | b, n: 2 * block}") == ["A113"]


def test_a_choice_stands_for_a_word_anywhere_below() -> None:
    place = Span(1, 2, 3)
    raw = {"kind": Text("block", None, place), "list": ["block", {"x": "block"}], "n": 1}
    found = substitute(raw, {"block": "double"})
    assert found == {"kind": "double", "list": ["double", {"x": "double"}], "n": 1}
    assert found["kind"].span == place


SPEC = """archdsl: 1
name: small
input: [3, 8, 8]
params: {a: b, c: 4, rule: full | plain}
stages: {count: 1, layers: c, unit: [norm], connect: rule, aggregate: concat}
"""


def test_a_mistake_in_params_hides_no_other() -> None:
    with pytest.raises(ArchdslError) as caught:
        parse(SPEC.replace("[norm]", "[nrom]"))
    assert [finding.code for finding in caught.value.diagnostics] == ["A111", "A105"]


def test_settings_are_kept_as_plain_values() -> None:
    text = SPEC.replace("a: b", "b: 0.5, a: [1, 2]")
    spec = parse(text, {"rule": "plain", "c": "2 * 4", "b": 0.25, "a": "[b, 3]"})
    assert spec.settings == {"a": [0.25, 3], "b": 0.25, "c": 8, "rule": "plain"}
    assert list(spec.settings) == sorted(spec.settings)


def test_the_hash_is_of_what_is_built() -> None:
    text = SPEC.replace("a: b", "a: 1")
    same = [
        parse(text),
        parse(f"# a comment\n{text}expect: {{links: {{value: 1, source: me}}}}\n"),
        parse(text.replace("[3, 8, 8]", "[ 3,8,  8 ]")),
    ]
    assert len({spec.sha256 for spec in same}) == 1
    other = [parse(text, {"c": 4}), parse(text, {"c": 5}), parse(text.replace("c: 4", "c: 5"))]
    assert len({spec.sha256 for spec in [*same, *other]}) == 4
