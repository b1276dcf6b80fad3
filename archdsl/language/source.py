"""The text of a function, for files that carry it: of plain functions only."""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Callable, Hashable
from functools import lru_cache
from textwrap import dedent
from typing import Any

SECTIONS = frozenset({"Args:", "Returns:", "Yields:", "Raises:"})
"""First lines of the sections of a docstring, which come after all other text."""


def plain_source(function: Callable[..., Any], names: frozenset[str] = frozenset()) -> str | None:
    """Return the text of a function without its decorators; None if it cannot run in another file.

    Its docstring has no sections, as in `without_sections`.

    It runs there if it has a name, is defined in a file, is written in ASCII, and uses nothing but
    its own variables, Python's built-in names and those in `names`, also in its annotations.

    Args:
        function: a Python function, such as the `sources` of a rule.
        names: names that the other file has, in addition to Python's built-in ones.
    """
    return _plain_source(function, names) if isinstance(function, Hashable) else None


@lru_cache(maxsize=256)  # a compilation asks for the same few functions again and again
def _plain_source(function: Callable[..., Any], names: frozenset[str]) -> str | None:
    try:
        text = dedent(inspect.getsource(function))
        statements = ast.parse(text).body
    except (OSError, TypeError, SyntaxError):
        return None
    definition = statements[0] if len(statements) == 1 else None
    if not isinstance(definition, ast.FunctionDef) or definition.name != function.__name__:
        return None
    if not text.isascii() or not _free(definition) <= names | set(dir(builtins)) | {
        definition.name
    }:
        return None
    return without_sections("\n".join(text.splitlines()[definition.lineno - 1 :]) + "\n")


def _free(function: ast.FunctionDef) -> set[str]:
    """The names that a function reads and does not define; its decorators do not count."""
    parts = [function.args, *filter(None, [function.returns]), *function.body]
    read, own = set[str](), set[str]()
    for node in (node for part in parts for node in ast.walk(part)):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                read.add(name)
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                own.add(name)
            case ast.alias(name=name, asname=other):
                own.add(other or name.partition(".")[0])
    return read - own


def without_sections(text: str) -> str:
    """Return Python source whose docstrings end before their first section.

    Emitted files are for reading a network, so the functions in them are described in short.
    """
    lines = text.split("\n")
    for docstring in reversed(_docstrings(text)):  # from the end, so that line numbers stay right
        assert docstring.end_lineno
        span = slice(docstring.lineno - 1, docstring.end_lineno)
        lines[span] = _short(lines[span])
    return "\n".join(lines)


def _docstrings(text: str) -> list[ast.Expr]:
    nodes = [
        node.body[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node)
    ]
    docstrings = [node for node in nodes if isinstance(node, ast.Expr)]
    return sorted(docstrings, key=lambda node: node.lineno)


def _short(lines: list[str]) -> list[str]:
    """Return the lines of a docstring up to its first section."""
    first = next((i for i, line in enumerate(lines) if line.strip() in SECTIONS), None)
    if first is None:
        return lines
    *kept, last = "\n".join(lines[:first]).rstrip().split("\n")
    indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
    quotes = lines[-1].rstrip()[-3:]
    return [*kept, last, indent + quotes] if kept else [last + quotes]
