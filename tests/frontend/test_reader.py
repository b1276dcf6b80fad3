"""YAML to values and places: the core scalars of YAML 1.2, few structures, and every span."""

from __future__ import annotations

import math
from typing import Any

import pytest

from archdsl.errors import ArchdslError, Diagnostic, Source, Span
from archdsl.frontend.files import decode, plain_text
from archdsl.frontend.reader import BYTES, DEPTH, SCALAR, VALUES, Document, read
from archdsl.language.values import Text


def document(text: str) -> Document:
    return read(Source("test", text))


def root(text: str) -> Any:
    return document(text).root


def mistake(text: str) -> Diagnostic:
    with pytest.raises(ArchdslError) as caught:
        document(text)
    (finding,) = caught.value.diagnostics
    assert finding.source == Source("test", text)
    return finding


SCALARS: list[tuple[str, Any]] = [
    ("", None), ("~", None), ("null", None), ("Null", "Null"), ("NULL", "NULL"),
    ("true", True), ("false", False), ("True", "True"), ("yes", "yes"), ("no", "no"),
    ("on", "on"), ("off", "off"), ("y", "y"),
    ("0", 0), ("-0", 0), ("+12", 12), ("12", 12), ("-7", -7), ("9" * 40, int("9" * 40)),
    ("010", "010"), ("0x10", "0x10"), ("0o10", "0o10"), ("0b1", "0b1"), ("1_000", "1_000"),
    ("1:30", "1:30"), ("1,000", "1,000"), ("--1", "--1"), ("+-1", "+-1"),
    ("1.0", 1.0), (".5", 0.5), ("1.", 1.0), ("-.5", -0.5), ("1e3", 1e3), ("1.5e-3", 1.5e-3),
    ("1E+3", 1e3), ("1e400", math.inf), ("e3", "e3"), (".", "."), (".e1", ".e1"), ("1e", "1e"),
    ("1.2.3", "1.2.3"), (".inf", math.inf), ("-.inf", -math.inf), (".Inf", ".Inf"), ("inf", "inf"),
    ("nan", "nan"), ("2024-01-01", "2024-01-01"), ("2024-01-01 12:00:00", "2024-01-01 12:00:00"),
    ("=", "="), ("\u0663", "\u0663"), ("a b", "a b"), ("a  # c", "a"), ("a#b", "a#b"),
    ("'12'", "12"), ('"true"', "true"), ("''", ""), ("'it''s'", "it's"),
    ('"\\u00e9\\n"', "\u00e9\n"),
    ("'\\n'", "\\n"), ('"a\\\n  b"', "ab"), ("'a\n\n  b'", "a\nb"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), SCALARS, ids=lambda value: ascii(value)[:30])
def test_scalars(text: str, value: Any) -> None:
    found = root(f"key: {text}\n")["key"]
    assert found == value
    assert type(found) is (Text if isinstance(value, str) else type(value))


def test_nan_is_read_and_left_to_the_schema() -> None:
    assert math.isnan(root("a: .nan")["a"])


def test_minus_nothing_keeps_its_kind() -> None:
    found = root("[-0, -0.0]")
    assert [type(value) for value in found] == [int, float]


STRUCTURES: list[tuple[str, Any]] = [
    ("[]", []), ("{}", {}), ("[a, [b, {c: 1}]]", ["a", ["b", {"c": 1}]]),
    ("- a\n-\n- - b", ["a", None, ["b"]]), ("{a: , b: 1}", {"a": None, "b": 1}),
    ("{a, b: 1}", {"a": None, "b": 1}), ("[a: 1, b]", [{"a": 1}, "b"]), ("? a\n: b", {"a": "b"}),
    ("a:\n- 1\n- 2", {"a": [1, 2]}), ("a: |\n  x\n  y\nb: 1", {"a": "x\ny\n", "b": 1}),
    ("a: >-\n  x\n  y", {"a": "x y"}), ("a: b\n ", {"a": "b"}), ("---\na: 1\n...\n", {"a": 1}),
    ('{"a b": 1, \'c\': 2}', {"a b": 1, "c": 2}), ("", None), ("# c\n\n", None), ("x", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), STRUCTURES)
def test_structures(text: str, value: Any) -> None:
    assert root(text) == value


def test_keys_are_plain_strings() -> None:
    found = root('"a": 1')
    assert [type(key) for key in found] == [str]


TEXT = """\
name: small
stages:
  - layers: "4"
    unit: {kind: basic, width: 2 * k}
head: [norm, [relu]]
"""


@pytest.mark.parametrize(
    ("path", "span"),
    [
        ((), Span(1, 1)),
        (("name",), Span(1, 7, 5)),
        (("stages",), Span(3, 3)),
        (("stages", 0), Span(3, 5)),
        (("stages", 0, "layers"), Span(3, 13, 3)),
        (("stages", 0, "unit"), Span(4, 11)),
        (("stages", 0, "unit", "kind"), Span(4, 18, 5)),
        (("stages", 0, "unit", "width"), Span(4, 32, 5)),
        (("head",), Span(5, 7)),
        (("head", 0), Span(5, 8, 4)),
        (("head", 1), Span(5, 14)),
        (("head", 1, 0), Span(5, 15, 4)),
        (("head", 7), Span(5, 7)),
        (("nowhere", 0, "x"), Span(1, 1)),
    ],
)
def test_every_value_has_its_place(path: tuple[str | int, ...], span: Span) -> None:
    assert document(TEXT).span(path) == span


def test_every_key_has_its_place() -> None:
    keys = document(TEXT).keys
    assert keys["stages", 0, "unit", "width"] == Span(4, 25, 5)
    assert keys["head",] == Span(5, 1, 4)


def test_text_knows_where_it_stands() -> None:
    width = root(TEXT)["stages"][0]["unit"]["width"]
    assert (width, width.span, width.source.name) == ("2 * k", Span(4, 32, 5), "test")


def test_a_value_is_found_by_its_path_or_is_none() -> None:
    found = document(TEXT)
    assert found.value(("head", 1, 0)) == "relu"
    for path in (("head", 9), ("head", "x"), ("name", 0), ("nowhere",), ("stages", 0, 0)):
        assert found.value(path) is None


def test_columns_count_characters_not_bytes() -> None:
    assert document("{\u00e9\U0001f600: a, b: c}").span(("b",)) == Span(1, 12)


def test_lines_end_in_any_way() -> None:
    for end in ("\r\n", "\r", "\n"):
        text = plain_text("\ufeff" + TEXT.replace("\n", end))
        assert text == TEXT


MISTAKES = [
    ("a: &x 1", "A002", Span(1, 4, 4)),
    ("a: *x", "A002", Span(1, 4, 2)),
    ("<<: {a: 1}", "A002", Span(1, 1, 2)),
    ('"<<": 1', "A002", Span(1, 1, 4)),
    ("&a a: 1", "A002", Span(1, 1, 4)),
    ("- &a [b]", "A002", Span(1, 3, 4)),
    ("a: !!int 1", "A003", Span(1, 4, 7)),
    ("!x {}", "A003", Span(1, 1, 4)),
    ("a: 1\n---\nb: 1", "A004", Span(2, 1, 3)),
    ("a: 1\n...\n---\nb: 1", "A004", Span(3, 1, 3)),
    ("a: 1\nb: 2\na: 3", "A005", Span(3, 1)),
    ("{a: {b: 1}, c: 2, a: 3}", "A005", Span(1, 19)),
    ('a: 1\n"a": 2', "A005", Span(2, 1, 3)),
    ("1: a", "A006", Span(1, 1)),
    ("1.5: a", "A006", Span(1, 1, 3)),
    ("? [a]\n: b", "A006", Span(1, 3)),
    ("a: " + "x" * (SCALAR + 1), "A007", Span(1, 4, SCALAR + 1)),
    ("a: " + "1" * 41, "A007", Span(1, 4, 41)),
    ('a: "\\x07"', "A008", Span(1, 4, 6)),
    ('"\\e": 1', "A008", Span(1, 1, 4)),
    ('a: "\\ud800"', "A008", Span(1, 4, 8)),
    ("[" * (DEPTH + 1), "A009", Span(1, DEPTH + 1)),
    ("{a: " * (DEPTH + 1), "A009", Span(1, 4 * DEPTH + 1)),
    ("[" + "1," * VALUES + "]", "A010", Span(1, 2 * VALUES)),
    ("a: [1", "A000", Span(1, 4)),
    ("a: b: c", "A000", Span(1, 5)),
    ("\ta: 1", "A000", Span(1, 1)),
    ("a: \0", "A000", Span(1, 4)),
    ("a:\n  b: \x07", "A000", Span(2, 6)),
    ('a: "\\UFFFFFFFF"', "A000", Span(1, 7)),
]


@pytest.mark.parametrize(("text", "code", "span"), MISTAKES, ids=lambda v: ascii(v)[:30])
def test_mistakes(text: str, code: str, span: Span) -> None:
    finding = mistake(text)
    assert (finding.code, finding.span) == (code, span)


def test_the_largest_that_fits() -> None:
    assert root("[" * DEPTH + "]" * DEPTH)
    assert len(root("[" + "1," * (VALUES - 1) + "]")) == VALUES - 1
    assert len(root(f"a: {'x' * SCALAR}")["a"]) == SCALAR
    assert root("#" * BYTES) is None
    assert mistake("#" * (BYTES + 1)).code == "A001"
    assert mistake("#" + "\u00e9" * (BYTES // 2)).code == "A001"


def test_a_key_that_stands_twice_names_the_first() -> None:
    assert mistake("a: 1\nb: 2\na: 3").note == "first at line 1; one of them would be ignored"


def test_the_same_key_in_two_mappings_is_fine() -> None:
    assert root("a: {b: 1}\nc: {b: 2}\nd: [{b: 1}, {b: 2}]")["d"] == [{"b": 1}, {"b": 2}]


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"a", "a"), (b"\xef\xbb\xbfa", "a"), (b"", ""), ("\u00e9".encode(), "\u00e9")],
)
def test_bytes_are_utf_8(content: bytes, text: str) -> None:
    assert decode(content, "test") == text


def test_bytes_that_are_not() -> None:
    with pytest.raises(ArchdslError, match=r"\[A012\] test is not UTF-8 at byte 2"):
        decode(b"ab\xff", "test")
    with pytest.raises(ArchdslError, match=r"\[A001\] test is larger than 256 KiB"):
        decode(b"#" * (BYTES + 4), "test")
