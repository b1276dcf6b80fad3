"""Texts that may be anything: shipped specs with damage, odd YAML, arithmetic and its reference."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from copy import deepcopy
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

GOOD = [
    path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
]
VOCABULARY = sorted({word for text in GOOD for word in text.replace("{", " ").split()})
ODD = [
    "", " ", "~", "null", "true", "no", "0", "-0", "010", "1_000", "1:30", "0x1F", "1e9", "1e400",
    ".inf", ".nan", "2.0", "-1", "99999999999999999999", "9" * 60, "2024-01-01", "\u0663", "'", '"',
    "\\", "|", ">", "[", "]", "{", "}", ",", ":", "- ", "? ", "#", "&a ", "*a", "!!str ", "!x ",
    "<<: ", "---\n", "...\n", "%YAML 1.1\n", "\t", "\n", "\r\n", "\ufeff", "\0", "\x1b[2J",
    "\u202e", "\u2028", "\udcff", "\U0001f600", '"\\UFFFFFFFF"', "__import__('os')", "depth // 0",
    "((((", "----1", "a | b", "incoming", "stage",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 3, 10**9, 10**40, 0.5, -0.0, 2.0, float("nan"), float("inf"), "",
    "full", "norm", "growth", "incoming // 2", "1 / 0", "((", "a b", "\x1b", [], [[]], [1], {},
    {"rule": "full"}, {"kind": "basic"}, {"norm": None}, {"a": {"b": {"c": []}}}, ["norm", "conv"],
]  # fmt: skip


@st.composite
def damaged(draw: DrawFn) -> str:
    """A shipped spec with some characters or lines changed."""
    text = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 2, 8, 40])))
        new = draw(
            st.one_of(st.sampled_from(ODD), st.sampled_from(VOCABULARY), st.text(max_size=6))
        )
        text = text[:start] + new + text[end:]
    lines = text.split("\n")
    for _ in range(draw(st.integers(0, 2))):
        here = draw(st.integers(0, len(lines) - 1))
        lines.insert(draw(st.integers(0, len(lines))), lines[here])
    return "\n".join(lines)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path below a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path] if path else []
    for step, entry in inner:
        here = (*path, step)
        found += places(entry, here) if isinstance(entry, dict | list) else [here]
    return found


@st.composite
def replaced(draw: DrawFn) -> str:
    """A shipped spec with some keys or values replaced by others, still YAML."""
    root = yaml.safe_load(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(places(root)))
        inside = root
        for step in path:
            inside = inside[step]
        what = draw(st.sampled_from(["value", "value", "value", "key", "drop", "copy"]))
        if what == "value":
            inside[last] = deepcopy(draw(st.sampled_from(VALUES)))
        elif what == "copy" and isinstance(inside, list):
            inside += [deepcopy(inside[last]) for _ in range(draw(st.sampled_from([1, 5, 70])))]
        elif what == "key" and isinstance(inside, dict):
            inside[draw(st.sampled_from(VOCABULARY))] = inside.pop(last)
        else:
            del inside[last]
        if not root:
            break
    return str(yaml.safe_dump(root, default_flow_style=draw(st.booleans()), sort_keys=False))


def odd_yaml() -> SearchStrategy[str]:
    """Text out of YAML's own pieces: flow and block, anchors, tags, odd scalars."""
    scalar = st.one_of(
        st.sampled_from(ODD),
        st.sampled_from(VOCABULARY),
        st.text("ab01 .:-#\"'[]{},&*!|>%@`", max_size=8),
    )
    flow = st.recursive(
        scalar,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
            st.lists(st.tuples(inner, inner), max_size=4).map(
                lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
            ),
            inner.map(lambda item: f"&a {item}"),
            inner.map(lambda item: f"!!{item}"),
            inner.map(lambda item: f"'{item}'"),
        ),
        max_leaves=12,
    )
    line = st.tuples(st.integers(0, 4), st.sampled_from(["", "- ", "? ", "k: ", ": "]), flow)
    lines = st.lists(line.map(lambda parts: "  " * parts[0] + parts[1] + parts[2]), max_size=12)
    return lines.map("\n".join)


def raw_bytes() -> SearchStrategy[str]:
    """Bytes of any kind, as they are decoded."""
    return st.binary(max_size=300).map(lambda content: content.decode("utf-8", "surrogateescape"))


NAMES: dict[str, Any] = {"a": 7, "b": -3, "c": Fraction(5, 2), "list": (4, 9, 2)}


def arithmetic() -> SearchStrategy[str]:
    """Valid expressions over NAMES; some of them divide by zero."""
    atom = st.one_of(
        st.integers(0, 99).map(str),
        st.decimals(0, 99, places=2).map(str),
        st.sampled_from(
            ["a", "b", "c", "list[0]", "list[2]", "len(list)", "sum(list)", "max(list)"]
        ),
    )

    def grown(inner: SearchStrategy[str]) -> SearchStrategy[str]:
        pair = st.tuples(inner, st.sampled_from([" + ", "-", " * ", "/", " // ", "%"]), inner)
        return st.one_of(
            pair.map("".join),
            inner.map(lambda text: f"({text})"),
            inner.map(lambda text: f"-({text})"),
            inner.map(lambda text: f"floor({text})"),
            st.lists(inner, min_size=2, max_size=3).map(lambda some: f"min({', '.join(some)})"),
        )

    return st.recursive(atom, grown, max_leaves=8)


OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.Div: lambda left, right: Fraction(left) / right,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "floor": math.floor, "ceil": math.ceil, "len": len, "sum": sum, "max": max, "min": min,
}  # fmt: skip


def reference(text: str) -> Any:
    """What an expression means, by Python's own parser and exact fractions."""

    def value(node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return Fraction(ast.get_source_segment(text, node) or "")
            case ast.Name(id=name):
                return NAMES[name]
            case ast.BinOp(left=left, op=op, right=right):
                return OPERATORS[type(op)](value(left), value(right))
            case ast.UnaryOp(operand=operand):
                return -value(operand)
            case ast.Subscript(value=inner, slice=index):
                return value(inner)[int(value(index))]
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return FUNCTIONS[name](*map(value, arguments))
        raise AssertionError(ast.dump(node))

    return value(ast.parse(text, mode="eval").body)
