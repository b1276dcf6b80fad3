"""The text of a function, for files that carry it: of plain functions only."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from textwrap import dedent
from typing import Any


def plain_source(function: Callable[..., Any]) -> str | None:
    """The text of a function without its decorators; None if it would not run by itself.

    It runs by itself if it has a name, stands in a file, is written in ASCII, and closes over
    nothing.
    """
    try:
        text = dedent(inspect.getsource(function))
        statements = ast.parse(text).body
    except (OSError, TypeError, SyntaxError):
        return None
    found = statements[0] if len(statements) == 1 else None
    if not isinstance(found, ast.FunctionDef) or found.name != function.__name__:
        return None
    if not text.isascii() or inspect.getclosurevars(function).nonlocals:
        return None
    return "\n".join(text.splitlines()[found.lineno - 1 :]) + "\n"
