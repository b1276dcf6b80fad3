"""A spec's values as an emitted file carries them: short, ASCII, and read back the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.errors import Source
from archdsl.frontend.dump import WIDTH, dump, flow
from archdsl.frontend.reader import DEPTH, read

TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufeff"), max_size=30
)
KEYS = st.one_of(st.sampled_from(["a", "layers", "long_key", "1", "true"]), TEXTS).filter(
    lambda key: key != "<<"
)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(1 - 10**39, 10**39),
        st.floats(allow_nan=False, allow_infinity=False, width=32),
        TEXTS,
        st.sampled_from(
            ["a b", "null", "true", "- a", "12", "1e5", "a: b", "a #b", "(d - 4) // 6"]
        ),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def deep(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(deep, inner), default=0)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=6))
def test_it_reads_back_as_what_it_was(root: dict[str, Any]) -> None:
    text = dump(root)
    assert text.isascii()
    assert text.endswith("\n")
    if deep(root) <= DEPTH:
        assert repr(read(Source("dump", text)).root) == repr(root)


@pytest.mark.parametrize(
    "value",
    ["", " ", "a ", " a", "a  b", "yes", "null", "~", "12", "-3", "1e5", ".5", "0x1", "a:", "a: b",
     "a #b", "#a", "- a", "-", "?", "a, b", "[a", "{a}", "&a", "*a", "!a", "|", ">", "%a", "@a",
     "`a", "'a'", '"a"', "a\\b", "a\nb", "a\tb", "\u00e9", "\u2028", "\U0001f600", "a/b", "a|b"],
    ids=ascii,
)  # fmt: skip
def test_every_text_stays_the_text_it_is(value: str) -> None:
    assert read(Source("dump", f"a: {flow(value)}\n")).root == {"a": value}
    assert read(Source("dump", f"[{flow(value)}, {flow(value)}]")).root == [value, value]
    assert read(Source("dump", f"{{{flow(value)}: {flow(value)}}}")).root == {value: value}


@pytest.mark.parametrize(
    "value", [0.1, 1e-05, 1e300, -2.5, 1.0, -0.0, 5e-324, 1.7976931348623157e308]
)
def test_every_decimal_stays_the_decimal_it_is(value: float) -> None:
    (found,) = read(Source("dump", f"[{flow(value)}]")).root
    assert repr(found) == repr(value)


def test_long_values_take_more_lines() -> None:
    root = {"head": [{"linear": {"width": "classes"}}] * 9, "a": {"b": 1}, "c": []}
    lines = dump(root).splitlines()
    assert lines[0] == "head:"
    assert lines[1] == "  - {linear: {width: classes}}"
    assert lines[-2:] == ["a: {b: 1}", "c: []"]
    assert max(map(len, lines)) <= WIDTH
