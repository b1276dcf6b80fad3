"""The size watch: files and functions that one can read at a sitting, each module introduced.

Docstrings do not count, so that no file has to be split because its functions are described.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILE_LINES = 235
FUNCTION_LINES = 50


def modules() -> Iterator[tuple[str, str]]:
    """Name and text of every module of the package."""
    for path in sorted(ROOT.glob("archdsl/**/*.py")):
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def size(node: ast.AST, lines: int) -> int:
    """Return the number of lines of a file or a function, without those of its docstrings."""
    docstrings = (
        inner.body[0]
        for inner in ast.walk(node)
        if isinstance(inner, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and ast.get_docstring(inner) is not None
    )
    return lines - sum((text.end_lineno or 0) - text.lineno + 1 for text in docstrings)


def test_docstrings_do_not_count() -> None:
    text = '"""A module,\n\nlong."""\n\ndef f():\n    """Return 1."""\n    return 1\n'
    assert size(ast.parse(text), len(text.splitlines())) == 3


def report(found: list[str], advice: str) -> str:
    return "\n".join([*found, advice])


def test_files_are_short() -> None:
    found = [
        f"{name}: {lines} lines"
        for name, text in modules()
        if (lines := size(ast.parse(text, filename=name), len(text.splitlines()))) > FILE_LINES
    ]
    assert not found, report(
        found, f"at most {FILE_LINES}: a file holds one idea, move the other one to its own file"
    )


def test_functions_are_short() -> None:
    found = []
    for name, text in modules():
        for node in ast.walk(ast.parse(text, filename=name)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = size(node, (node.end_lineno or node.lineno) - node.lineno + 1)
                if lines > FUNCTION_LINES:
                    found.append(f"{name}:{node.lineno}: {node.name} has {lines} lines")
    assert not found, report(
        found, f"at most {FUNCTION_LINES}: name a step of it and make it a function"
    )


def test_modules_say_what_they_are() -> None:
    found = [
        f"{name}: no docstring at the head"
        for name, text in modules()
        if not ast.get_docstring(ast.parse(text, filename=name))
    ]
    assert not found, report(found, "say in one or two lines what lives there, and what does not")


def test_the_watch_sees_the_package() -> None:
    names = [name for name, _ in modules()]
    assert "archdsl/ir/graph.py" in names
