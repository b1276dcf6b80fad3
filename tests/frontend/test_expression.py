"""Arithmetic in specs: exact numbers, names of the scope and nothing else, no way to grow."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from archdsl.errors import ArchdslError, Diagnostic
from archdsl.language.arithmetic import LARGEST, Rounding, Scope
from archdsl.language.expression import DEEPEST, LONGEST, parse

VALUES: dict[str, Any] = {
    "depth": 100, "growth": (12, 24, 36), "half": Fraction(1, 2), "word": "basic", "zero": 0,
    "one": (5,), "words": ("a", "b"),
}  # fmt: skip
STAGE = Scope(VALUES, stage=1, stages=3)
OUTSIDE = Scope(VALUES)


def mistake(text: str, scope: Scope = STAGE) -> Diagnostic:
    with pytest.raises(ArchdslError) as caught:
        parse(text).evaluate(scope)
    (finding,) = caught.value.diagnostics
    assert finding.source is None
    return finding


GOOD: list[tuple[str, Any]] = [
    ("1", 1), ("7 - 0", 7), ("0", 0), ("0.5", Fraction(1, 2)),
    ("2.50", Fraction(5, 2)), ("4.0", 4), (" 1 + 2 ", 3), ("1+2*3", 7), ("(1+2)*3", 9),
    ("7 // 2", 3), ("-7 // 2", -4), ("7 % 3", 1), ("-7 % 3", 2), ("7 / 2", Fraction(7, 2)),
    ("8 / 2", 4), ("1 / 3 * 3", 1), ("1 - 2 - 3", -4), ("64 // 4 // 4", 4), ("2 * 7 // 2", 7),
    ("-3", -3), ("--3", 3), ("-+-3", 3), ("- (1 + 2)", -3), ("2 * -3", -6), ("2--3", 5),
    ("0.1 + 0.2", Fraction(3, 10)), ("7.5 // 2", 3), ("7.5 % 2", Fraction(3, 2)),
    ("half * 2", 1), ("depth", 100), ("(depth - 4) // 6", 16), ("growth + 0", 24),
    ("2 * growth", 48), ("first(growth)", 12), ("last(growth)", 36), ("growth[0]", 12),
    ("growth[1 + 1]", 36), ("len(growth)", 3), ("sum(growth)", 72), ("min(growth)", 12),
    ("max(growth)", 36), ("max(growth, 30)", 30), ("min(3, 1, 2)", 1), ("sum(1, 2)", 3),
    ("first(7)", 7), ("last(7)", 7), ("len(7)", 1), ("floor(7 / 2)", 3), ("ceil(7 / 2)", 4),
    ("floor(-half)", -1), ("ceil(-half)", 0), ("floor(growth / 5)", 4), ("first(one)", 5),
    ("max(1, min(depth, 9))", 9), ("word", "basic"), ("words[1]", "b"), ("first(words)", "a"),
    ("2 ** 10", 1024), ("2 ** 3 ** 2", 512), ("-2 ** 2", -4), ("(-2) ** 2", 4),
    ("2 ** -1", Fraction(1, 2)),
    ("2 * 3 ** 2", 18), ("2 ** 3 * 2", 16), ("growth[0] ** 2", 144), ("0 ** 0", 1),
    ("1.5 ** 2", Fraction(9, 4)),
    ("half ** -2", 4), ("(-1) ** 999999999999", -1), ("1 ** 10 ** 29", 1), ("0 ** 10 ** 29", 0),
    ("10 ** 30", LARGEST), ("1.7 ** 30", Fraction(17, 10) ** 30),
    ("10 ** -30", Fraction(1, LARGEST)),
    ("round(2.5)", 2), ("round(3.5)", 4), ("round(-2.5)", -2), ("round(7 / 3)", 2), ("round(7)", 7),
    ("even(23.8)", 24), ("even(3)", 4), ("even(2.99)", 2), ("even(2)", 2), ("even(0.5)", 0),
    ("even(-3)", -2),
    ("multiple(24, 8)", 24), ("multiple(3, 8)", 8), ("multiple(12, 8)", 16),
    ("multiple(11, 8)", 16),
    ("multiple(18, 8)", 24), ("multiple(19.9, 8)", 24), ("multiple(1280 * 1.4, 8)", 1792),
    ("multiple(-9, 8)", 8),
    ("twos(1)", 0), ("twos(12)", 2), ("twos(2 ** 40)", 40), ("twos(depth)", 2),
    ("bits(1)", 1), ("bits(7)", 3), ("bits(8)", 4), ("bits(49)", 6),
    ("min(growth[0], growth[2])", 12), ("((((1))))", 1), ("1\n+\t2", 3),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), GOOD)
def test_values(text: str, value: Any) -> None:
    found = parse(text).evaluate(STAGE)
    assert found == value
    assert type(found) is type(value)


def test_a_list_is_itself_outside_a_stage() -> None:
    assert parse("growth").evaluate(OUTSIDE) == (12, 24, 36)
    assert parse("growth[2]").evaluate(OUTSIDE) == 36
    assert parse("sum(growth)").evaluate(OUTSIDE) == 72
    assert mistake("growth + 1", OUTSIDE).code == "A112"


def test_each_stage_has_its_entry() -> None:
    found = [parse("2 * growth").evaluate(Scope(VALUES, stage, 3)) for stage in range(3)]
    assert found == [24, 48, 72]


def test_a_list_of_another_length_has_none() -> None:
    finding = mistake("growth + 1", Scope(VALUES, 0, 4))
    assert finding.code == "A112"
    assert "3 entries" in finding.message
    assert "4 stages" in finding.message


READS = [
    ("", 0, 1), ("   ", 3, 1), ("1 +", 3, 1), ("(1", 2, 1), ("1)", 1, 1), ("1 2", 2, 1),
    ("*", 0, 1), ("2 **", 4, 1), ("** 2", 0, 2), ("2 *** 3", 4, 1), ("a.b", 1, 1),
    ("a = 1", 2, 1), ("__import__('os')", 0, 1),
    ("'a'", 0, 1), ("1 if a else 2", 2, 2), ("lambda: 1", 6, 1), ("a; b", 1, 1), ("a\\b", 1, 1),
    ("0x10", 1, 3), ("1e9", 1, 2), ("1_000", 1, 1), ("010", 1, 2), ("00", 1, 1),
    ("2024-01-01", 6, 1), ("1.", 1, 1), (".5", 0, 1), ("1.5.2", 3, 1), ("Depth", 0, 1),
    ("a[", 2, 1), ("a[1", 3, 1), ("a[]", 2, 1), ("[1]", 0, 1), ("min()", 4, 1), ("min(1,)", 6, 1),
    ("min(1", 5, 1), ("1 < 2", 2, 1), ("a & b", 2, 1), ("{a}", 0, 1), ("\u0663", 0, 1),
    ("\uff11", 0, 1), ("2\u00b2", 1, 1), ("a\u202eb", 1, 1), ("1 \u2212 1", 2, 1), ("a\0", 1, 1),
    ("1 + not_there(", 14, 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "start", "width"), READS, ids=lambda v: ascii(v)[:24])
def test_what_cannot_be_read(text: str, start: int, width: int) -> None:
    finding = mistake(text)
    assert finding.code == "A110"
    if "not_there" not in text:
        assert finding.span is not None
        assert (finding.span.column, finding.span.width) == (start + 1, width)


@pytest.mark.parametrize(
    "text",
    [
        "sqrt(4)",
        "depth(1)",
        "eval(1)",
        "len(1, 2)",
        "floor(1, 2)",
        "round(1, 2)",
        "even(1, 2)",
        "multiple(9)",
        "multiple(9, 8, 7)",
        "twos(1, 2)",
    ],
)
def test_functions_that_there_are_not(text: str) -> None:
    assert mistake(text).code == "A110"


@pytest.mark.parametrize("growth", [14, 16, 20, 40, 160, 24, 28, 36, 48, 256])
def test_widths_of_hardnet(growth: int) -> None:
    """The widths of HarDNet-68 and -85, as the published code computes them in floats."""
    for layer in range(1, 17):
        width: float = growth
        for power in range(1, (layer & -layer).bit_length()):
            assert layer % 2**power == 0
            width *= 1.7
        published = int(int(width + 1) / 2) * 2
        text = f"even({growth} * 1.7 ** twos(layer))"
        assert parse(text).evaluate(Scope({"layer": layer})) == published


@pytest.mark.parametrize("divisor", [1, 4, 8, 16])
def test_multiples_are_those_of_mobilenet(divisor: int) -> None:
    for number in range(1, 400):
        nearest = max(divisor, int(number + divisor / 2) // divisor * divisor)
        published = nearest + divisor if nearest < 0.9 * number else nearest
        assert parse(f"multiple({number}, {divisor})").evaluate(OUTSIDE) == published


def test_names_of_newer_functions_may_be_parameters() -> None:
    scope = Scope({"even": 3, "round": Fraction(5, 2)})
    assert parse("even(even) + round(round)").evaluate(scope) == 6


MEANS = {
    "deph": ("A111", "did you mean `depth`?"),
    "x": ("A111", "known here: depth, growth, half, one, word, words, zero"),
    "1 / zero": ("A113", None),
    "1 // 0": ("A113", None),
    "1 % (1 - 1)": ("A113", None),
    "2 * word": ("A113", None),
    "-word": ("A113", None),
    "min(words)": ("A113", None),
    "floor(word)": ("A113", None),
    "0 ** -1": ("A113", None),
    "zero ** -depth": ("A113", None),
    "10 ** 10 ** 10": ("A113", None),
    "10 ** 31": ("A113", None),
    "2 ** -100": ("A113", None),
    "1.7 ** 31": ("A113", None),
    "2 ** 0.5": ("A113", None),
    "2 ** word": ("A113", None),
    "round(word)": ("A113", None),
    "even(word)": ("A113", None),
    "multiple(9, 0)": ("A113", None),
    "multiple(9, -8)": ("A113", None),
    "multiple(9, half)": ("A113", None),
    "multiple(9, word)": ("A113", None),
    "twos(0)": ("A113", None),
    "bits(0)": ("A113", None),
    "bits(half)": ("A113", None),
    "twos(-2)": ("A113", None),
    "twos(half)": ("A113", None),
    "depth[0]": ("A113", "`first(...)` takes both"),
    "growth[3]": ("A113", None),
    "growth[-1]": ("A113", None),
    "growth[half]": ("A113", None),
    "growth[word]": ("A113", None),
    "word[0]": ("A113", "`first(...)` takes both"),
    f"{10**15} * {10**15} * 2": ("A113", None),
    "1" + "0" * 30 + " + 1": ("A113", None),
    "1" + " / 1000003" * 8: ("A113", None),
}


@pytest.mark.parametrize("text", MEANS)
def test_what_has_no_value(text: str) -> None:
    code, help = MEANS[text]
    finding = mistake(text)
    assert (finding.code, finding.help if help else None) == (code, help)


def test_the_range_of_numbers() -> None:
    assert parse("1" + "0" * 30 + " - 1 + 1").evaluate(OUTSIDE) == LARGEST
    assert mistake("-1" + "0" * 30 + " - 1").code == "A113"


def test_names_are_those_that_it_needs() -> None:
    assert parse("a + min(b, c[d]) - 2").names == {"a", "b", "c", "d"}
    assert parse("1 + 2").names == frozenset()


def test_equal_texts_are_equal() -> None:
    assert parse("a + 1") == parse("a + 1")
    assert parse("a + 1") != parse("a+1")


def test_roundings_are_noted() -> None:
    scope = Scope({"depth": 101}, roundings=[])
    assert parse("(depth - 4) // 6").evaluate(scope) == 16
    assert parse("100 // 5 + 7.5 // 2").evaluate(scope) == 23
    assert scope.roundings == [Rounding(97, 6)]


LONG = {
    "sum": ("1+" * (LONGEST // 2 - 1) + "1", LONGEST // 2),
    "product": ("1*" * (LONGEST // 2 - 1) + "1", 1),
    "signs": ("-" * (LONGEST - 1) + "1", -1),
    "brackets": ("(" * (DEEPEST - 1) + "1" + ")" * (DEEPEST - 1), 1),
    "arguments": ("sum(" + "1," * 117 + "1)", 118),
    "powers": ("1 ** " * (DEEPEST - 1) + "1", 1),
    "calls": ("max(" * (DEEPEST - 1) + "1" + ")" * (DEEPEST - 1), 1),
}


@pytest.mark.parametrize("what", LONG)
def test_the_longest_are_read(what: str) -> None:
    text, value = LONG[what]
    assert len(text) <= LONGEST
    assert parse(text).evaluate(STAGE) == value


def test_a_chain_of_indices_is_read_and_has_no_value() -> None:
    assert mistake("one" + "[0]" * 79).code == "A113"


TOO_LONG = {
    "characters": "1+" * (LONGEST // 2) + "1",
    "brackets": "(" * DEEPEST + "1" + ")" * DEEPEST,
    "powers": "1 ** " * DEEPEST + "1",
    "brackets without an end": "(" * LONGEST,
    "calls": "max(" * DEEPEST + "1" + ")" * DEEPEST,
    "indices in indices": "one[" * DEEPEST + "0" + "]" * DEEPEST,
    "digits": "1" * (LONGEST + 1),
    "spaces": " " * (LONGEST + 1),
}


@pytest.mark.parametrize("what", TOO_LONG)
def test_what_is_longer_is_not(what: str) -> None:
    assert mistake(TOO_LONG[what]).code == "A110"
